WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-11'
),
started AS (
  SELECT eid, computer, pid, path, name, cmdline, parent_path FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'Programs')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'Artefacts' AND instr(lower(s.cmdline), lower(value)))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
