WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-09'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE call_trace LIKE 'UNKNOWN%'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key, granted_access ORDER BY eid) AS place FROM opened AS a
  WHERE provider NOT IN (SELECT value FROM t WHERE element = 'ProvidersExcluded')
    AND NOT (EXISTS (SELECT 1 FROM t WHERE element = 'SystemFolders' AND a.path LIKE value ESCAPE '\')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'SystemFolders' AND a.target_path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PairsExcluded'
      AND a.path || ' > ' || a.target_path || ' > ' || a.granted_access LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
