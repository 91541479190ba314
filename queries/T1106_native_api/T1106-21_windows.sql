WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-21'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE is_direct_syscall = 1
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key, granted_access ORDER BY eid) AS place FROM opened AS a
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'StubModules' AND a.call_trace LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetsExcluded' AND a.target_path LIKE value ESCAPE '\')
    AND NOT (a.target_path NOT LIKE '_:\Windows\system32\lsass.exe'
      AND EXISTS (SELECT 1 FROM t WHERE element = 'SourcesExcluded' AND a.path LIKE value ESCAPE '\'))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
