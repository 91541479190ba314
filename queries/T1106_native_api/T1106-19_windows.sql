-- id: T1106-19
-- name: LSASS opened to dump its memory
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: LSASS is opened with the library of MiniDumpWriteDump on the call trace. Finds what Elastic rule
--   9960432d-9b26-409f-972b-839a959e79e2 finds.
-- log_sources: WinEventLog:Sysmon
-- tables: process_accesses
-- extra: granted_access, call_trace
-- pyramid_level: 4
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   PathsExcluded | like | path | _:\\Windows\\System32\\WerFault.exe | rule | Windows Error Reporting.
--   PathsExcluded | like | path | _:\\Windows\\SysWOW64\\WerFault.exe | rule | Windows Error Reporting.
--   PathsExcluded | like | path | _:\\Windows\\System32\\WerFaultSecure.exe | rule | Windows Error Reporting.
-- benign:
--   A crash of LSASS that another tool records.
-- limits:
--   Only accesses for which the source gives a call trace (Sysmon event 10) are seen.
--   A dump that another library writes.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/credential_access_suspicious_lsass_access_memdump.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-19'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, target_process_key, path, target_path, granted_access, call_trace, provider FROM process_accesses
  WHERE target_name = 'lsass.exe' AND call_trace LIKE '%dbgcore%'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key, granted_access ORDER BY eid) AS place FROM opened AS a
  WHERE target_path LIKE '_:\Windows\system32\lsass.exe'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PathsExcluded' AND a.path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
