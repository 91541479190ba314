WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, target_path FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'CameraCalls')
    AND arguments_like IN (SELECT value FROM t WHERE element = 'CaptureNotes') AND path <> ''
),
strangers AS (
  SELECT * FROM opened WHERE (NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedProcesses' AND path LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM strangers)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' used the camera: ' || target_path AS summary, 'used the camera' AS how,
  target_path AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
