WITH t AS MATERIALIZED (
  SELECT element, lower(value) AS value FROM detection_tuning WHERE analytic = 'T1106-14'
),
started AS MATERIALIZED (
  SELECT eid, computer, pid, path, cmdline, lower(cmdline) AS said, parent_path FROM process_starts
  WHERE cmdline_like IN (
    SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element = 'Functions')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE NOT (s.path LIKE '%\MpCmdRun.exe'
      AND EXISTS (SELECT 1 FROM t WHERE element = 'DefenderCommands' AND instr(s.said, value)))
    AND NOT (s.parent_path LIKE '%\CompatTelRunner.exe'
      AND EXISTS (SELECT 1 FROM t WHERE element = 'TelemetryCommands' AND instr(s.said, value)))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
