WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-10'
),
started AS (
  SELECT eid, computer, pid, path, cmdline, parent_path, original_file_name
  FROM process_starts WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'Switches')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE (s.path LIKE '%\cdb.exe' OR lower(s.original_file_name) = 'cdb.exe')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'Switches' AND s.cmdline LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
