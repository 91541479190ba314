WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0619'),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, module_name,
    row_number() OVER (PARTITION BY computer, process_key, module_name ORDER BY eid) AS nth
  FROM module_loads WHERE module_name IN (SELECT lower(value) FROM t WHERE element = 'AudioLibraries')
    AND name IN (SELECT value FROM t WHERE element = 'ScriptHosts')
),
counted AS (SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS libraries FROM loaded WHERE nth = 1),
many AS (SELECT * FROM counted WHERE libraries >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctLibraries')),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM many)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' loads libraries of sound capture: ' || module_name AS summary,
  'loads libraries of sound capture' AS how, module_name AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
