WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-17'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE target_name = 'lsass.exe'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY lower(path) ORDER BY eid) AS place FROM opened AS a
  WHERE path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PathsExcluded' AND a.path LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'Providers' AND a.provider = value)
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
