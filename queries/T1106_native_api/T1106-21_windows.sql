-- id: T1106-21
-- name: Process opened from outside the system call stubs
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A process is opened and the first frame of the call trace lies in no module that holds system call stubs.
--   Finds what Elastic rule 2dd480be-1263-4d9c-8672-172928f6789a finds.
-- log_sources: WinEventLog:Sysmon
-- tables: process_accesses
-- extra: granted_access, call_trace
-- pyramid_level: 4
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   StubModules | like | call trace | _:\\WINDOWS\\SYSTEM32\\ntdll.dll% | rule | Modules in which a system call may begin.
--   StubModules | like | call trace | _:\\WINDOWS\\SysWOW64\\ntdll.dll% | rule | Modules in which a system call may begin.
--   StubModules | like | call trace | _:\\Windows\\System32\\sysfer.dll% | rule | Modules in which a system call may begin.
--   StubModules | like | call trace | _:\\Windows\\System32\\wow64cpu.dll% | rule | Modules in which a system call may begin.
--   StubModules | like | call trace | _:\\WINDOWS\\System32\\wow64win.dll% | rule | Modules in which a system call may begin.
--   StubModules | like | call trace | _:\\Windows\\System32\\win32u.dll% | rule | Modules in which a system call may begin.
--   StubModules | like | call trace | _:\\ProgramData\\Symantec\\Symantec Endpoint Protection\\%\\sysfer.dll% | rule | Modules in which a system call may begin.
--   TargetsExcluded | like | path | _:\\Program Files (x86)\\Malwarebytes Anti-Exploit\\mbae-svc.exe | rule | Programs that are opened so in ordinary work.
--   TargetsExcluded | like | path | _:\\Program Files\\Cisco\\AMP\\%\\sfc.exe | rule | Programs that are opened so in ordinary work.
--   TargetsExcluded | like | path | _:\\Program Files (x86)\\Microsoft\\EdgeWebView\\Application\\%\\msedgewebview2.exe | rule | Programs that are opened so in ordinary work.
--   TargetsExcluded | like | path | _:\\Program Files\\Adobe\\Acrobat DC\\Acrobat\\%\\AcroCEF.exe | rule | Programs that are opened so in ordinary work.
--   SourcesExcluded | like | path | _:\\Program Files\\Adobe\\Acrobat DC\\Acrobat\\Acrobat.exe | rule | Programs that open so in ordinary work, unless they open LSASS.
--   SourcesExcluded | like | path | _:\\Program Files (x86)\\World of Warcraft\\\_classic\_\\WowClassic.exe | rule | Programs that open so in ordinary work, unless they open LSASS.
-- benign:
--   Programs packed with a protector, games, and security software.
-- limits:
--   Only accesses for which the source gives a call trace (Sysmon event 10) are seen.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/defense_evasion_suspicious_process_access_direct_syscall.toml
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
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
