WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-25'
),
started AS (
  SELECT eid, computer, pid, path, name, cmdline, parent_path, parent_name FROM process_starts
  WHERE parent_name IN (SELECT value FROM t WHERE element = 'Parents' UNION SELECT lower(value) FROM t WHERE element = 'Parents')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE lower(s.parent_name) IN (SELECT lower(value) FROM t WHERE element = 'Parents')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KnownChildren' AND s.name LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PathsExcluded' AND s.path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
