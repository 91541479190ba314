WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1626'
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, system_path, target_path, target_extension, old_btime, target_btime,
    old_btime - target_btime AS delta, lag(old_btime) OVER w AS first_btime, lag(time_ns) OVER w AS first_ns, lag(eid) OVER w AS first_eid
  FROM file_changes
  WHERE api IN (SELECT value FROM t WHERE element = 'APINamePattern') AND action = 'times' AND old_btime > 0
  WINDOW w AS (PARTITION BY computer, target_path ORDER BY eid)
),
told AS (
  SELECT *, first_btime = target_btime AND first_btime <> old_btime AND system_path = 0
    AND time_ns - first_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AS undone
  FROM changed
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, target_path ORDER BY eid) AS place FROM told
  WHERE (undone OR target_btime - time_ns / 1000000000 >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FutureDelta')
      OR delta >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimestampDeltaThreshold')
      OR system_path = 0 AND target_extension IN (SELECT value FROM t WHERE element = 'ProgramExtensions')
        AND delta >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ProgramDeltaThreshold'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KeepersOfTimes' AND path LIKE value ESCAPE '\')
)
SELECT eid, CASE WHEN undone THEN first_eid || ',' || eid ELSE eid END AS eids,
  path || ' set the creation of ' || target_path || ' to ' || datetime(target_btime, 'unixepoch') AS summary,
  target_btime, delta AS set_back_seconds
FROM ranked
WHERE place = 1
