WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'),
noted AS MATERIALIZED (
  SELECT eid, time_ns, computer, target_path,
    replace(regex_match(target_path, 'webcam\\NonPackaged\\(.*)\\LastUsed', 1), '#', '\') AS path
  FROM api_calls WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'UseValues') AND api = 'RegSetValueEx'
),
strangers AS (
  SELECT * FROM noted WHERE path <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedProcesses' AND path LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM strangers)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' used the camera: ' || target_path AS summary, 'used the camera' AS how,
  target_path AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
