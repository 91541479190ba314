WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'),
told AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, cmdline FROM api_calls
  WHERE api = 'CreateProcess' AND arguments_like IN (SELECT value FROM t WHERE element = 'CaptureCommands')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProductFolders' AND path LIKE value ESCAPE '\')
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM told)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' is told to use the camera: ' || cmdline AS summary,
  'is told to use the camera' AS how, cmdline AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
