WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, replace(substr(script_text, 1, 193), char(10), ' ') AS object FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'CaptureScripts') AND +api = 'ScriptBlock'
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM scripts)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' runs a script that uses the camera: ' || object AS summary,
  'runs a script that uses the camera' AS how, object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
