WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-07'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE call_trace LIKE '_:\Windows\SYSTEM32\ntdll.dll+%|_:\Windows\System32\KERNELBASE.dll+%|UNKNOWN(________________)'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key, granted_access ORDER BY eid) AS place FROM opened AS a
  WHERE granted_access IN (SELECT value FROM t WHERE element = 'GrantedAccess')
    AND length(call_trace) - length(replace(call_trace, '|', '')) = 2
    AND regex_match(call_trace, '^.:\\Windows\\SYSTEM32\\ntdll\.dll\+[a-z0-9]{4,6}'
      || '\|.:\\Windows\\System32\\KERNELBASE\.dll\+[a-z0-9]{4,6}\|UNKNOWN\([A-Z0-9]{16}\)$', 0) IS NOT NULL
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
