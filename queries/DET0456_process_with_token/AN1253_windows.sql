-- id: AN1253
-- name: Process created with another user's token
-- strategy: DET0456
-- technique: T1134.002
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: A process starts a child that runs as another user, told with a handle that it opened within the window
--   before to a process whose token is worth taking. Or the command for it: runas with another user (also /netonly), a program that
--   says of itself that it runs others as another user or under other settings, a switch that asks for SYSTEM or the installer's
--   account; or a script that names CreateProcessWithToken, CreateProcessAsUser or CreateProcessWithLogon, a cmdlet made
--   for it, or Start-Process with a credential. Or a program that gives the Secondary Logon service lsass.exe as who asks, which
--   then lends it the handles of that process; or one of SYSTEM in a folder of no service that starts an interpreter as a user.
-- log_sources: WinEventLog:Security, WinEventLog:Sysmon
-- tables: process_starts, process_accesses, api_calls
-- extra: way, from_user, to_user, opened
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 600 | TimeWindow | Longest time from the handle to a sensitive process to the child.
--   AllowedImpersonators | text | executable path | C:\Windows\System32\services.exe | AllowedImpersonators | Programs that start others with other tokens as their work, by full path.
--   AllowedImpersonators | text | executable path | C:\Windows\System32\svchost.exe | AllowedImpersonators | Programs that start others with other tokens as their work, by full path.
--   AllowedImpersonators | text | executable path | C:\Windows\System32\wbem\WmiPrvSE.exe | AllowedImpersonators | Programs that start others with other tokens as their work, by full path.
--   AllowedImpersonators | text | executable path | C:\Windows\System32\winlogon.exe | AllowedImpersonators | Programs that start others with other tokens as their work, by full path.
--   AllowedImpersonators | text | executable path | C:\Windows\System32\msiexec.exe | AllowedImpersonators | Programs that start others with other tokens as their work, by full path.
--   AllowedImpersonators | text | executable path | C:\Windows\System32\smss.exe | AllowedImpersonators | Programs that start others with other tokens as their work, by full path.
--   AllowedImpersonators | text | executable path | C:\Windows\explorer.exe | AllowedImpersonators | Programs that start others with other tokens as their work, by full path.
--   IntegrityEscalationDelta | count | levels | 1 | IntegrityEscalationDelta | How many integrity levels a child must gain (Low, Medium, High, System) where a mismatch of users alone is not enough.
--   ParentChildUserMismatch | count | 0 or 1 | 1 | ParentChildUserMismatch | 1 reports any mismatch of users; 0 only one with a gain of integrity or with a handle to a sensitive process before.
--   SensitiveTargets | text | executable name | lsass.exe | SensitiveTargets | Processes of SYSTEM whose handle before the child is told with it.
--   SensitiveTargets | text | executable name | winlogon.exe | SensitiveTargets | Processes of SYSTEM whose handle before the child is told with it.
--   SensitiveTargets | text | executable name | services.exe | SensitiveTargets | Processes of SYSTEM whose handle before the child is told with it.
--   SensitiveTargets | text | executable name | spoolsv.exe | SensitiveTargets | Processes of SYSTEM whose handle before the child is told with it.
--   SensitiveTargets | text | executable name | wininit.exe | SensitiveTargets | Processes of SYSTEM whose handle before the child is told with it.
--   RunAsPrograms | like | description | Run As Utility | apiwatch | What programs say of themselves that start others as another user or with other rights.
--   RunAsPrograms | like | description | %run a program with%settings% | apiwatch | What programs say of themselves that start others as another user or with other rights.
--   RunAsPrograms | like | description | %run a program as%user% | apiwatch | What programs say of themselves that start others as another user or with other rights.
--   RunAsPrograms | like | description | %run a process as%user% | apiwatch | What programs say of themselves that start others as another user or with other rights.
--   RunAsPrograms | like | description | %run with highest privileges% | apiwatch | What programs say of themselves that start others as another user or with other rights.
--   TokenFunctions | like | script text | %CreateProcessWithToken% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %CreateProcessAsUser% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %CreateProcessWithLogon% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %Invoke-RunAs% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %-CreateProcess%System% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %Invoke-RunasCs% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %CreateProcessAsSystem% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %Start-ProcessAsUser% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %WTSQueryUserToken% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %ProcessStartInfo%.UserName%.Password% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %Invoke-CommandAs%-AsSystem% | apiwatch | Functions that a script calls to start a process with another token.
--   TokenFunctions | like | script text | %Invoke-CommandAs%-As User% | apiwatch | Functions that a script calls to start a process with another token.
--   AccountSwitches | like | command line | % /account=system% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % /account=ti% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -u:t | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -u:t % | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -u:s % | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -u=t % | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % --logon-type % | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | %/EXEFilename%/RunAs 4% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | %/EXEFilename%/RunAs 8% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | %/EXEFilename%/RunAs 1_% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -s cmd% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -s -i cmd% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -i -s cmd% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -s powershell% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -s -i powershell% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % -i -s powershell% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | %cmd.exe -l _ | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | %cmd.exe -l _ % | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | %powershell.exe -l _ | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | %powershell.exe -l _ % | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % --bypass-uac% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % --remote-impersonation% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % --force-profile% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % --ti cmd% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   AccountSwitches | like | command line | % --ti powershell% | apiwatch | Switches with which a program starts another as SYSTEM, an account of a service or an installer.
--   OrdinaryRunAs | like | command line or path | %.msc% | apiwatch | What administrators start by runas: consoles, and programs that are installed.
--   OrdinaryRunAs | like | command line or path | %\\mmc.exe | apiwatch | What administrators start by runas: consoles, and programs that are installed.
--   OrdinaryRunAs | like | command line or path | %:\\Program Files% | apiwatch | What administrators start by runas: consoles, and programs that are installed.
--   OrdinaryRunAs | like | command line or path | %ssms.exe% | apiwatch | What administrators start by runas: consoles, and programs that are installed.
--   OddFolders | like | executable path | _:\\Users\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | %\\Temp\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\PerfLogs\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\$Recycle.Bin\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\Windows\\Tasks\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\Windows\\Tracing\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\Windows\\debug\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\Windows\\System32\\spool\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\Intel\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\inetpub\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\tools\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   OddFolders | like | executable path | _:\\temp\\% | apiwatch | Where no service lies: a program of SYSTEM there that starts an interpreter as a user counts.
--   Interpreters | text | executable name | cmd.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | powershell.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | pwsh.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | rundll32.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | regsvr32.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | mshta.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | wscript.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | cscript.exe | apiwatch | Programs that run what they are told.
-- benign:
--   runas by administrators with two accounts for an interpreter, and agents outside folders where programs are installed that start programs in the session of the user who is logged on.
--   Administrators who open a shell as SYSTEM on their own machine with a tool for remote starts.
-- limits:
--   Children and commands need process creation (4688 or Sysmon 1), descriptions and handles WinEventLog:Sysmon (1, 10), scripts WinEventLog:PowerShell.
--   CreateProcessWithTokenW and CreateProcessAsUserW raise no event: the child is what is seen, and only where its creator's user is
--   known: from Sysmon's ParentUser (13.30 and later), from 4688, or from the creator's own start.
--   A child of the same user with more rights, as User Account Control makes them, is not reported. 4672, 4634 and 5136 are not read.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0456
--   https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-createprocesswithtokenw
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1253'
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, name, user, user_change, integrity_level, parent_process_key, parent_path, parent_user, parent_integrity_level FROM process_starts
  WHERE user_change IN ('to_system', 'other', 'from_system')
),
suspicious AS MATERIALIZED (
  SELECT *, instr('Low    Medium High   System', nullif(integrity_level, '')) / 7 - instr('Low    Medium High   System', nullif(parent_integrity_level, '')) / 7 AS gained
  FROM changed WHERE parent_path <> ''
    AND lower(CASE WHEN parent_path LIKE '\device\harddiskvolume_\%' THEN 'c:' || substr(parent_path, 24) ELSE parent_path END)
      NOT IN (SELECT lower(value) FROM t WHERE element = 'AllowedImpersonators')
    AND NOT (parent_path LIKE '%\runas.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryRunAs' AND path LIKE value ESCAPE '\'))
    AND (user_change <> 'from_system' OR lower(name) IN (SELECT value FROM t WHERE element = 'Interpreters') AND EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND parent_path LIKE value ESCAPE '\'))
),
handles AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_name FROM process_accesses
  WHERE process_key IN (SELECT parent_process_key FROM suspicious) AND is_self = 0 LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
leaked AS MATERIALIZED (
  SELECT eid, computer, process_key, path, user, target_path FROM api_calls WHERE object_name = 'lsass.exe' AND api = 'OpenProcess' AND call_trace LIKE '%seclogon.dll%'
),
told AS MATERIALIZED (
  SELECT eid, computer, api, process_key, path, name, cmdline, user, arguments FROM api_calls WHERE api IN ('CreateProcess', 'ScriptBlock', 'AmsiScanBuffer') AND arguments_like IN (SELECT '%program=' || value FROM t WHERE element = 'RunAsPrograms'
    UNION SELECT '%' || value || '%' FROM t WHERE element = 'AccountSwitches' UNION SELECT value FROM t WHERE element = 'TokenFunctions' UNION SELECT '%runas%' UNION SELECT '%start-process%-cred%' UNION SELECT '%saps%-cred%' UNION SELECT '%start-process%name="credential"%')
),
children AS (
  SELECT s.*, (SELECT max(h.eid) FROM handles AS h WHERE h.process_key = s.parent_process_key AND h.eid < s.eid
    AND lower(h.target_name) IN (SELECT lower(value) FROM t WHERE element = 'SensitiveTargets')
    AND s.time_ns - h.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS handle
  FROM suspicious AS s
),
hits AS (
  SELECT eid, coalesce(handle || ',', '') || eid AS eids, computer || '|' || parent_process_key AS story, 'child' AS way, parent_user AS from_user, user AS to_user,
    coalesce((SELECT target_name FROM handles AS h WHERE h.eid = handle), '') AS opened, parent_path || ' of ' || parent_user || ' started ' || path || ' as ' || user AS summary
  FROM children
  WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentChildUserMismatch') > 0 OR handle IS NOT NULL
    OR gained >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'IntegrityEscalationDelta')
  UNION ALL
  SELECT eid, eid, computer || '|' || process_key, 'command', user, coalesce(regex_match(lower(cmdline), '/user:"?([^ "]+)', 1), ''), '', coalesce(nullif(user, ''), 'a user') || ' ran a program that starts others as another user: ' || coalesce(nullif(cmdline, ''), path)
  FROM told WHERE api = 'CreateProcess' AND (name = 'runas.exe' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryRunAs' AND cmdline LIKE value ESCAPE '\')
      OR name <> 'runas.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'RunAsPrograms' AND arguments LIKE '%program=' || value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'AccountSwitches' AND cmdline LIKE value ESCAPE '\') OR EXISTS (SELECT 1 FROM t WHERE element = 'TokenFunctions' AND cmdline LIKE value ESCAPE '\'))
    AND NOT (cmdline LIKE '%/showtrustlevels%' OR cmdline LIKE '%/?%')
  UNION ALL
  SELECT eid, eid, computer || '|' || coalesce(nullif(process_key, ''), user), 'script', user, '', '', 'a script of ' || coalesce(nullif(user, ''), 'a user') || ' calls functions that start a process with another token'
  FROM told WHERE api <> 'CreateProcess' AND (EXISTS (SELECT 1 FROM t WHERE element = 'TokenFunctions' AND arguments LIKE value ESCAPE '\')
    OR regex_match(lower(arguments), '(start-process|saps) [^;|\n]*-cred|\(start-process\): name="credential"', 0) IS NOT NULL)
  UNION ALL
  SELECT eid, eid, computer || '|' || process_key, 'requester', user, '', 'lsass.exe', 'the Secondary Logon service was asked by a program that passes itself off as ' || target_path FROM leaked
)
SELECT eid, eids, summary, way, from_user, to_user, opened FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
