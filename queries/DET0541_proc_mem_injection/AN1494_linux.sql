WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1494'
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, path, path_uid, file, target_pid, target_process_path, target_user, bytes
  FROM file_accesses
  WHERE file_name = 'mem' AND is_write = 1 AND success = 1
),
suspicious AS MATERIALIZED (
  SELECT * FROM opened
  WHERE process_key <> target_process_key AND target_process_key <> ''
    AND EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcNameRegex' AND target_process_path LIKE value ESCAPE '\')
    AND NOT (path_uid IS 0 AND path IN (SELECT value FROM t WHERE element = 'InvokerBinaryAllowlist'))
    AND (bytes IS NULL OR bytes >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FileWriteThreshold'))
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM suspicious
),
maps AS MATERIALIZED (
  SELECT eid, time_ns, cmdline FROM process_starts
  WHERE cmdline LIKE '%/proc/%/maps%' AND time_ns <= (SELECT max(time_ns) FROM suspicious)
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
mapped AS (
  SELECT s.*, (
      SELECT max(m.eid) FROM maps AS m
      WHERE m.eid < s.eid AND instr(m.cmdline, '/proc/' || s.target_pid || '/maps') > 0
        AND s.time_ns - m.time_ns
          <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowBetweenMapAccessAndMemWrite')
    ) AS map_eid
  FROM first AS s WHERE place = 1
)
SELECT eid, coalesce(map_eid || ',', '') || eid AS eids,
  path || ' opened the memory of ' || coalesce(nullif(target_process_path, ''), 'a process')
    || ' (pid ' || target_pid || ') for writing' AS summary,
  file, target_user, coalesce((SELECT m.cmdline FROM maps AS m WHERE m.eid = map_eid), '') AS maps_command
FROM mapped
