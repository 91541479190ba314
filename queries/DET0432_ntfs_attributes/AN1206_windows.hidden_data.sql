WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1206'
),
named AS MATERIALIZED (
  SELECT eid, time_ns, api, computer, pid, process_key, path, lower(name) AS name, target_path, lower(stream) AS stream
  FROM api_calls
  WHERE api IN ('CreateFile', 'CreateProcess', 'ScriptBlock', 'NtSetEaFile', 'NtQueryEaFile', 'RegSetValueEx', 'CreateService')
    AND stream LIKE '_%'
),
hiding AS (
  SELECT * FROM named
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ADSPathWhitelist' AND stream LIKE value ESCAPE '\') AND CASE api
    WHEN 'CreateProcess' THEN name IN (SELECT value FROM t WHERE element = 'ProcessScope') OR instr(lower(path), stream) > 0
    WHEN 'CreateFile' THEN NOT EXISTS (SELECT 1 FROM t WHERE element = 'WriterPaths' AND path LIKE value ESCAPE '\')
    WHEN 'ScriptBlock' THEN 1
    WHEN 'CreateService' THEN 1
    WHEN 'RegSetValueEx' THEN EXISTS (SELECT 1 FROM t WHERE element = 'AutostartKeys' AND target_path LIKE value ESCAPE '\')
    ELSE NOT EXISTS (SELECT 1 FROM t WHERE element = 'AttributeUsers' AND path LIKE value ESCAPE '\') END
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, stream ORDER BY eid) AS place,
    lag(eid) OVER s AS before, lag(time_ns) OVER s AS before_ns
  FROM hiding
  WINDOW s AS (PARTITION BY computer, stream ORDER BY eid)
)
SELECT eid, CASE WHEN time_ns - before_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    THEN before || ',' || eid ELSE eid END AS eids,
  coalesce(nullif(path, ''), 'a script') || ' uses the stream ' || substr(stream, 2)
    || CASE api WHEN 'RegSetValueEx' THEN ' in ' || target_path WHEN 'CreateFile' THEN ' of '
      || substr(target_path, 1, length(target_path) - length(stream)) ELSE '' END AS summary,
  stream
FROM ranked
WHERE place = 1
