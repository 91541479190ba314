WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0619'),
noted AS MATERIALIZED (
  SELECT eid, time_ns, computer, target_path,
    replace(regex_match(target_path, 'microphone\\NonPackaged\\(.*)\\LastUsed', 1), '#', '\') AS path
  FROM api_calls WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'UseValues') AND api = 'RegSetValueEx'
),
strangers AS (
  SELECT * FROM noted WHERE path <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcess' AND path LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
),
loads AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, module_name FROM module_loads
  WHERE module_name IN (SELECT lower(value) FROM t WHERE element = 'AudioLibraries')
    AND name IN (SELECT value FROM t WHERE element = 'ScriptHosts') LIMIT -EXISTS (SELECT 1 FROM strangers)
),
fresh AS ( -- the way libraries told of the others
  SELECT * FROM strangers AS s WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctLibraries') > (
    SELECT count(DISTINCT l.module_name) FROM loads AS l WHERE l.computer = s.computer AND lower(l.path) = lower(s.path) AND l.eid < s.eid
      AND s.time_ns - l.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM fresh)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' used the microphone: ' || target_path AS summary, 'used the microphone' AS how,
  target_path AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
