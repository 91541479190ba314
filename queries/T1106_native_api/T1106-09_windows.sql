-- id: T1106-09
-- name: Process opened by a direct system call
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A process is opened and the call trace begins in memory of no module: no library made the system call.
--   Finds what Sigma rule 3f3f3506-1895-401b-9cc3-e86b16e630d0 finds.
-- log_sources: WinEventLog:Sysmon
-- tables: process_accesses
-- extra: granted_access, call_trace
-- pyramid_level: 4
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   ProvidersExcluded | text | provider | Microsoft-Windows-Kernel-Audit-API-Calls | rule | Sources whose accesses are not looked at: their traces begin in the kernel.
--   SystemFolders | like | path | %:\\Program Files (x86)\\% | rule | An access from one of these folders into one of them is not looked at.
--   SystemFolders | like | path | %:\\Program Files\\% | rule | An access from one of these folders into one of them is not looked at.
--   SystemFolders | like | path | %:\\Windows\\System32\\% | rule | An access from one of these folders into one of them is not looked at.
--   SystemFolders | like | path | %:\\Windows\\SysWOW64\\% | rule | An access from one of these folders into one of them is not looked at.
--   SystemFolders | like | path | %:\\Windows\\WinSxS\\% | rule | An access from one of these folders into one of them is not looked at.
--   PairsExcluded | like | opener > opened > mask | %vcredist\_x64.exe > %vcredist\_x64.exe > % | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | %setup64.exe > %:\\Windows\\system32\\systeminfo.exe > % | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | %:\\Windows\\Explorer.EXE > %:\\Program Files\\Cylance\\Desktop\\CylanceUI.exe > % | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | %AmazonSSMAgentSetup.exe > %AmazonSSMAgentSetup.exe > % | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | %\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe > %\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe > % | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | %\\AppData\\Local\\Microsoft\\Teams\\current\\Teams.exe > %\\AppData\\Local\\Microsoft\\Teams\\current\\Teams.exe > % | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | % > %\\AppData\\Local\\Discord\\%\\Discord.exe > % | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | %\\AppData\\Local\\yammerdesktop\\app-%\\Yammer.exe > %\\AppData\\Local\\yammerdesktop\\app-%\\Yammer.exe > 0x1000 | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | % > %\\Evernote\\Evernote.exe > % | rule | Known pairs of programs.
--   PairsExcluded | like | opener > opened > mask | %:\\Program Files\\Adobe\\Acrobat DC\\Acrobat\\%\\AcroCEF.exe > %:\\Program Files\\Adobe\\Acrobat DC\\Acrobat\\%\\AcroCEF.exe > % | rule | Known pairs of programs.
-- benign:
--   Programs packed with a protector, and security software that calls the kernel itself.
-- limits:
--   Only accesses for which the source gives a call trace (Sysmon event 10) are seen.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/process_access/proc_access_win_susp_direct_ntopenprocess_call.yml
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
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PairsExcluded' AND a.path || ' > ' || a.target_path || ' > ' || a.granted_access LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened ' || target_path || ' with ' || granted_access AS summary, granted_access, call_trace
FROM hits
WHERE place = 1
