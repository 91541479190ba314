-- id: T1106-07
-- name: Process opened from a beacon object file
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A process is opened by code in no module, right above KernelBase and ntdll, with the rights that such code
--   asks for. Finds what Sigma rule 09706624-b7f6-455d-9d02-adee024cee1d finds.
-- log_sources: WinEventLog:Sysmon
-- tables: process_accesses
-- extra: granted_access, call_trace
-- pyramid_level: 4
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   GrantedAccess | text | access mask, hexadecimal | 0x1028 | apiwatch | Rights that such code asks for.
--   GrantedAccess | text | access mask, hexadecimal | 0x1fffff | apiwatch | Rights that such code asks for.
-- benign:
--   Programs that compile code at run time and open other processes from it.
-- limits:
--   Only accesses for which the source gives a call trace (Sysmon event 10) are seen.
--   Code that asks for other rights.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/process_access/proc_access_win_hktl_cobaltstrike_bof_injection_pattern.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-07'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE call_trace LIKE 'C:\Windows\SYSTEM32\ntdll.dll+%|C:\Windows\System32\KERNELBASE.dll+%|UNKNOWN(________________)'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key, granted_access ORDER BY eid) AS place FROM opened AS a
  WHERE granted_access IN (SELECT value FROM t WHERE element = 'GrantedAccess')
    AND length(call_trace) - length(replace(call_trace, '|', '')) = 2
    AND regex_match(call_trace, '^C:\\Windows\\SYSTEM32\\ntdll\.dll\+[a-z0-9]{4,6}\|C:\\Windows\\System32\\KERNELBASE\.dll\+[a-z0-9]{4,6}\|UNKNOWN\([A-Z0-9]{16}\)$', 0) IS NOT NULL
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
