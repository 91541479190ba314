-- id: T1106-08
-- name: LSASS handle opened to be duplicated
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: LSASS is opened with the rights to duplicate its handles and to query it, and the call trace goes through
--   memory of no module and ends there. Finds what Sigma rule b1bd3a59-c1fd-4860-9f40-4dd161a7d1f5 finds.
-- log_sources: WinEventLog:Sysmon
-- tables: process_accesses
-- extra: granted_access, call_trace
-- pyramid_level: 4
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   GrantedAccess | text | access mask, hexadecimal | 0x1440 | apiwatch | PROCESS_DUP_HANDLE with the rights to query.
-- benign:
--   None is known.
-- limits:
--   Only accesses for which the source gives a call trace (Sysmon event 10) are seen.
--   Other masks.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/process_access/proc_access_win_hktl_handlekatz_lsass_access.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-08'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE target_name = 'lsass.exe' AND call_trace LIKE 'C:\Windows\System32\ntdll.dll+%|UNKNOWN(%)'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key, granted_access ORDER BY eid) AS place FROM opened AS a
  WHERE granted_access IN (SELECT value FROM t WHERE element = 'GrantedAccess')
    AND target_path LIKE '%\lsass.exe'
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
