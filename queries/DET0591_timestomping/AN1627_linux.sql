WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1627'
),
stamped AS MATERIALIZED (
  SELECT eid, time, process_key, path, name, cmdline, target_path, target_mtime, target_atime FROM file_changes
  WHERE name IN (SELECT value FROM t WHERE element = 'MonitoredCommandList') AND action = 'times' AND success = 1
  UNION ALL
  SELECT eid, time, process_key, path, name, cmdline, target_path, target_mtime, target_atime FROM file_changes
  WHERE system_path = 0 AND action = 'times' AND success = 1
),
watched AS (
  SELECT *, max(coalesce(abs(time - target_mtime), 0), coalesce(abs(time - target_atime), 0)) AS distance FROM stamped
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'FilePathRegex' AND target_path LIKE value ESCAPE '\')
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_path ORDER BY eid) AS place FROM watched
  WHERE (name IN (SELECT value FROM t WHERE element = 'MonitoredCommandList')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'DroppedProgramPaths' AND path LIKE value ESCAPE '\')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'BuildToolPaths' AND path LIKE value ESCAPE '\'))
    AND (distance >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DeltaThreshold')
      OR target_mtime IS NULL
        AND EXISTS (SELECT 1 FROM t WHERE element = 'TimeOptions' AND regex_match(cmdline, value, 0) IS NOT NULL))
)
SELECT eid, eid AS eids,
  name || ' set the times of ' || target_path || coalesce(' to ' || datetime(target_mtime, 'unixepoch'), '') AS summary,
  target_mtime, time - target_mtime AS set_back_seconds
FROM suspicious
WHERE place = 1
