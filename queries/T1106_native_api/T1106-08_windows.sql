WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-08'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE target_name = 'lsass.exe' AND call_trace LIKE '_:\Windows\System32\ntdll.dll+%|UNKNOWN(%)'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key, granted_access ORDER BY eid) AS place FROM opened AS a
  WHERE granted_access IN (SELECT value FROM t WHERE element = 'GrantedAccess')
    AND target_path LIKE '%\lsass.exe'
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
