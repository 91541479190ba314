WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0614'
),
started AS MATERIALIZED (
  SELECT eid, computer, process_key, path, cmdline FROM process_starts WHERE cmdline LIKE '% run %'
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM started
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'HostMounts' AND lower(cmdline) LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, path || ' gives a container its host: ' || substr(cmdline, 1, 160) AS summary, cmdline AS reached
FROM ranked
WHERE place = 1
