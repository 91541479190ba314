WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1097'),
put AS MATERIALIZED (
  SELECT eid, time, computer, path AS writer, lower(target_path) AS file, lower(target_name) AS leaf FROM file_changes
  WHERE target_extension IN (SELECT value FROM t WHERE element = 'ProgramExtensions') AND +action IN ('create', 'rename', 'write')
    AND target_path_like IN (SELECT value FROM t WHERE element = 'MonitoredPaths')
    AND (lower(name) IN (SELECT value FROM t WHERE element = 'SuspectWriters')
      OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'InstallerPaths' AND path LIKE value ESCAPE '\'))
),
started AS MATERIALIZED (
  SELECT eid, time, computer, path, lower(path) AS file, hashes FROM process_starts
  WHERE name IN (SELECT leaf FROM put) LIMIT -EXISTS (SELECT 1 FROM put)
),
loaded AS MATERIALIZED (
  SELECT eid, time, computer, path, lower(module_path) AS file, hashes FROM module_loads
  WHERE module_name IN (SELECT leaf FROM put) LIMIT -EXISTS (SELECT 1 FROM put)
),
chain AS (
  SELECT u.eid, max(c.eid) AS change, u.computer, u.path, u.file, c.writer
  FROM (SELECT * FROM started UNION ALL SELECT * FROM loaded) AS u
  JOIN put AS c ON c.computer = u.computer AND c.eid < u.eid AND c.file = u.file
  WHERE u.time - c.time <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AND u.path <> c.writer
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'HashBaseline' AND u.hashes LIKE value ESCAPE '\')
  GROUP BY u.eid
),
told AS (SELECT *, row_number() OVER (PARTITION BY computer, file ORDER BY eid) AS place FROM chain)
SELECT eid, change || ',' || eid AS eids, path || ' runs ' || file || ', changed by ' || writer AS summary,
  file AS changed_file, writer AS written_by
FROM told WHERE place = 1
