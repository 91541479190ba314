WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1097'
),
put AS MATERIALIZED (
  SELECT eid, time, computer, path AS writer, lower(target_path) AS file, lower(target_name) AS leaf FROM file_changes
  WHERE target_extension IN (SELECT value FROM t WHERE element = 'ProgramExtensions') AND +action IN ('create', 'rename', 'write')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredPaths' AND target_path LIKE value ESCAPE '\')
    AND (lower(name) IN (SELECT value FROM t WHERE element = 'SuspectWriters')
      OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'InstallerPaths' AND path LIKE value ESCAPE '\'))
),
hooked AS MATERIALIZED (
  SELECT eid, time, computer, path AS writer, lower(regex_match(data, '([A-Za-z]:[^,;"]+|[^ ,;"]+)[.][Dd][Ll][Ll]', 0)) AS file
  FROM registry_changes
  WHERE key_name IN (SELECT lower(value) FROM t WHERE element = 'HookValues') AND action = 'set_value'
),
changed AS MATERIALIZED (
  SELECT eid, time, computer, writer, file, leaf, 0 AS hook FROM put
  UNION ALL
  SELECT eid, time, computer, writer, file, regex_match(file, '[^\\]+$', 0), 1 FROM hooked WHERE file <> ''
),
used AS MATERIALIZED (
  SELECT eid, time, computer, process_key, path, lower(path) AS file, hashes FROM process_starts
  WHERE name IN (SELECT leaf FROM changed) LIMIT -EXISTS (SELECT 1 FROM changed)
),
mapped AS MATERIALIZED (
  SELECT eid, time, computer, process_key, path, lower(module_path) AS file, hashes FROM module_loads
  WHERE module_name IN (SELECT leaf FROM changed) LIMIT -EXISTS (SELECT 1 FROM changed)
),
chain AS (
  SELECT u.eid, max(c.eid) AS change, u.computer, u.path, u.file, c.writer, c.hook
  FROM (SELECT * FROM used UNION ALL SELECT * FROM mapped) AS u
  JOIN changed AS c ON c.computer = u.computer AND c.eid < u.eid AND (c.file = u.file OR c.hook = 1 AND u.file LIKE '%\' || c.leaf)
  WHERE u.time - c.time <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AND u.path <> c.writer
    AND (c.hook = 0 OR EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredPaths' AND u.path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'HashBaseline' AND u.hashes LIKE value ESCAPE '\')
  GROUP BY u.eid
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, file ORDER BY eid) AS place FROM chain
)
SELECT eid, change || ',' || eid AS eids,
  path || CASE hook WHEN 1 THEN ' loaded ' || file || ', registered as a hook by ' ELSE ' runs ' || file || ', changed by ' END
    || writer AS summary,
  file AS changed_file, writer AS written_by
FROM ranked
WHERE place = 1
