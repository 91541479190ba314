WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, module_name, module_path FROM module_loads
  WHERE module_name IN (SELECT lower(value) FROM t WHERE element = 'CameraLibraries') AND path <> ''
    AND NOT (system_path = 1
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessAllowList' AND parent_path LIKE value ESCAPE '\'))
),
strangers AS (
  SELECT * FROM loaded WHERE (NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedProcesses' AND path LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM strangers)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' loads ' || module_name || ': ' || module_path AS summary, 'loads ' || module_name AS how,
  module_path AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
