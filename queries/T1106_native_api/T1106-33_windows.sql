WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-33'
),
started AS (
  SELECT eid, computer, pid, path, cmdline, parent_path, decoded_command FROM process_starts
  WHERE decoded_command LIKE '_%'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'Cmdlets' AND instr(lower(s.decoded_command), lower(value)))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentsExcluded' AND s.parent_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
