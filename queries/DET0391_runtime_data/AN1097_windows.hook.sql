WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1097'),
entered AS MATERIALIZED (
  SELECT eid, time, computer, path AS writer, lower(regex_match(data, '([A-Za-z]:[^,;"]+|[^ ,;"]+)[.][Dd][Ll][Ll]', 0)) AS file
  FROM registry_changes
  WHERE key_name IN (SELECT lower(value) FROM t WHERE element = 'HookValues') AND action = 'set_value'
),
hooks AS MATERIALIZED (SELECT *, regex_match(file, '[^\\]+$', 0) AS leaf FROM entered WHERE file <> ''),
loaded AS MATERIALIZED (
  SELECT eid, time, computer, path, lower(module_path) AS file, hashes FROM module_loads
  WHERE module_name IN (SELECT leaf FROM hooks) LIMIT -EXISTS (SELECT 1 FROM hooks)
),
chain AS (
  SELECT u.eid, max(c.eid) AS change, u.computer, u.path, u.file, c.writer
  FROM loaded AS u JOIN hooks AS c ON c.computer = u.computer AND c.eid < u.eid AND (c.file = u.file OR u.file LIKE '%\' || c.leaf)
  WHERE u.time - c.time <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AND u.path <> c.writer
    AND EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredPaths' AND u.path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'HashBaseline' AND u.hashes LIKE value ESCAPE '\')
  GROUP BY u.eid
),
told AS (SELECT *, row_number() OVER (PARTITION BY computer, file ORDER BY eid) AS place FROM chain)
SELECT eid, change || ',' || eid AS eids, path || ' loaded ' || file || ', registered as a hook by ' || writer AS summary,
  file AS changed_file, writer AS written_by
FROM told WHERE place = 1
