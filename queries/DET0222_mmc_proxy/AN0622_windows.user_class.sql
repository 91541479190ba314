WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0622'),
strange AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path,
    lower(coalesce(nullif(regex_match(cmdline, '"([^"]+[.][Mm][Ss][Cc])', 1), ''),
      regex_match(cmdline, '([^ "]+[.][Mm][Ss][Cc])', 1))) AS console
  FROM process_starts WHERE name IN (SELECT value FROM t WHERE element = 'ConsoleProgram') AND parent_path <> ''
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessAllowList' AND parent_path LIKE value ESCAPE '\')
),
classes AS MATERIALIZED (
  SELECT eid, time_ns, computer, lower(regex_match(key_path, '(\{[0-9A-Fa-f-]+\})', 1)) AS clsid FROM registry_changes
  WHERE key_name IN ('(default)', 'inprocserver32', 'localserver32') AND action = 'set_value'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserClasses' AND key_path LIKE value ESCAPE '\')
  LIMIT -EXISTS (SELECT 1 FROM strange)
),
followed AS (
  SELECT s.*, max(c.eid) AS class_eid, c.clsid FROM strange AS s JOIN classes AS c ON c.computer = s.computer AND c.eid < s.eid
  WHERE s.time_ns - c.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND c.clsid NOT IN (SELECT value FROM t WHERE element = 'AllowedCLSIDs') GROUP BY s.eid
),
told AS (SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM followed)
SELECT eid, class_eid || ',' || eid AS eids, path || ' started after the class ' || clsid || ' was registered' AS summary,
  coalesce(console, '') AS console_file, clsid AS module
FROM told WHERE place = 1
