-- id: AN1324
-- name: Token of SYSTEM taken over by a program of another user
-- strategy: DET0482
-- technique: T1134.001
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: A process of a user or of a service account starts a child that runs as SYSTEM, as one does that duplicated
--   or impersonated a token of SYSTEM. Or the way there: a program outside system folders, or an interpreter, serves a
--   named pipe that SYSTEM connects to within the window (in either order of the events), or whose name imitates a path to
--   a pipe of Windows; a service, its key or a command run by services.exe writes into a pipe or has rundll32 do it; a
--   service account reaches a pipe of its own through the network's share, or gives a program outside system folders a
--   shell to start; a script or a command names the functions that
--   duplicate and assign tokens, or cmdlets made for it.
-- log_sources: WinEventLog:Security, WinEventLog:Sysmon
-- tables: api_calls, process_starts, script_blocks
-- extra: way, pipe, from_user
-- pyramid_level: 4
-- severity: high
-- interval: 10
-- window: TimeWindow
-- tuning:
--   AllowedSystemProcesses | text | executable path | C:\Windows\System32\services.exe | AllowedSystemProcesses | Programs that start others as SYSTEM for whoever asks, by full path.
--   AllowedSystemProcesses | text | executable path | C:\Windows\System32\svchost.exe | AllowedSystemProcesses | Programs that start others as SYSTEM for whoever asks, by full path.
--   AllowedSystemProcesses | text | executable path | C:\Windows\System32\wbem\WmiPrvSE.exe | AllowedSystemProcesses | Programs that start others as SYSTEM for whoever asks, by full path.
--   AllowedSystemProcesses | text | executable path | C:\Windows\System32\msiexec.exe | AllowedSystemProcesses | Programs that start others as SYSTEM for whoever asks, by full path.
--   AllowedSystemProcesses | text | executable path | C:\Windows\System32\smss.exe | AllowedSystemProcesses | Programs that start others as SYSTEM for whoever asks, by full path.
--   TimeWindow | window | seconds | 300 | TimeWindow | Longest time between the making of a pipe and SYSTEM's connection to it.
--   UserContextFilter | text | user name |  | UserContextFilter | Users whose programs may become SYSTEM, as DOMAIN\name.
--   ParentProcessAnomalyThreshold | count | points | 1 | ParentProcessAnomalyThreshold | Points that a child needs: one for the change to SYSTEM, one for a parent outside Windows and Program Files, one for a parent of a service account.
--   PipeCalls | text | API | CreateNamedPipe | apiwatch | Calls in whose arguments pipes are sought.
--   PipeCalls | text | API | ConnectNamedPipe | apiwatch | Calls in whose arguments pipes are sought.
--   PipeCalls | text | API | CreateService | apiwatch | Calls in whose arguments pipes are sought.
--   PipeCalls | text | API | CreateProcess | apiwatch | Calls in whose arguments pipes are sought.
--   PipeCalls | text | API | RegSetValueEx | apiwatch | Calls in whose arguments pipes are sought.
--   Interpreters | text | executable name | powershell.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | pwsh.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | cmd.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | cscript.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | wscript.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | mshta.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | rundll32.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | regsvr32.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | msbuild.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   Interpreters | text | executable name | installutil.exe | apiwatch | Interpreters of Windows: a pipe of theirs counts as one of a program outside system folders.
--   OrdinaryPipes | like | pipe | \\PSHost.% | apiwatch | Pipes that programs make for their own use.
--   OrdinaryPipes | like | pipe | \\mojo.% | apiwatch | Pipes that programs make for their own use.
--   OrdinaryPipes | like | pipe | \\crashpad%_% | apiwatch | Pipes that programs make for their own use.
--   OrdinaryPipes | like | pipe | \\chrome.% | apiwatch | Pipes that programs make for their own use.
--   OrdinaryPipes | like | pipe | \\dotnet-diagnostic-% | apiwatch | Pipes that programs make for their own use.
--   OrdinaryPipes | like | pipe | <Anonymous Pipe> | apiwatch | Pipes that programs make for their own use.
--   ServicePipes | text | pipe | srvsvc | apiwatch | Pipes of Windows's own services, which service accounts ask too.
--   ServicePipes | text | pipe | wkssvc | apiwatch | Pipes of Windows's own services, which service accounts ask too.
--   ServicePipes | text | pipe | lsarpc | apiwatch | Pipes of Windows's own services, which service accounts ask too.
--   ServicePipes | text | pipe | samr | apiwatch | Pipes of Windows's own services, which service accounts ask too.
--   ServicePipes | text | pipe | netlogon | apiwatch | Pipes of Windows's own services, which service accounts ask too.
--   ServicePipes | text | pipe | winreg | apiwatch | Pipes of Windows's own services, which service accounts ask too.
--   ServicePipes | text | pipe | svcctl | apiwatch | Pipes of Windows's own services, which service accounts ask too.
--   ServicePipes | text | pipe | eventlog | apiwatch | Pipes of Windows's own services, which service accounts ask too.
--   PipeWriters | like | command line | %echo%>%\\pipe\\% | apiwatch | Commands that write into a pipe, run as a service or by services.exe.
--   PipeWriters | like | command line | %echo /c%>%\\pipe\\% | apiwatch | Commands that write into a pipe, run as a service or by services.exe.
--   PipeWriters | like | command line | %rundll32%,% /p:% | apiwatch | Commands that write into a pipe, run as a service or by services.exe.
--   TokenFunctions | like | script text | %DuplicateToken%(% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %ImpersonateLoggedOnUser% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %ImpersonateNamedPipeClient% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %SetThreadToken% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %-Token%-Impersonate% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Invoke-Token% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %-ImpersonateUser% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %ImpersonateAnonymousToken% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %NtToken]::Impersonate% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Get-System% -Technique % | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %TokenSystem% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %NamedPipeSystem% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %/TokenManipulation/% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %token::elevate% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %token::run% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %token::bin% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Get-SystemToken% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %steal\_token% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %impersonate\_token% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %RtlAdjustPrivilege% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %AdjustTokenPrivileges%SeDebugPrivilege% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %SeDebugPrivilege%AdjustTokenPrivileges% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %SeImpersonatePrivilege%AdjustTokenPrivileges% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %AdjustTokenPrivileges%SeImpersonatePrivilege% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %NtImpersonateThread% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %OpenProcessToken%ImpersonateLoggedOnUser% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Invoke-%Potato% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Invoke-GetSystem% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Enable-%SeDebugPrivilege% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %execute -c "NT AUTHORITY\\SYSTEM% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %list\_tokens -u% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Get-System"%name="Technique"% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %-DuplicateToken% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | % GetSystem | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | % GetSystem /Command:% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | % GetTrustedInstaller% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | % user:% binary:% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | % user:% shellcode:% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | % -p %.exe% -t _ -c {________-____-% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | % -t _ -p %.exe%-l ____% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | % -l ____ -p %.exe% -t _% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Get-NtToken%-Duplicate% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %Set-NtToken%-Impersonat% | apiwatch | What a script holds that duplicates or assigns tokens.
--   TokenFunctions | like | script text | %binpath%echo%\\pipe\\% | apiwatch | What a script holds that duplicates or assigns tokens.
--   LentShells | like | command line | % -c cmd% | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -c "cmd% | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -c powershell% | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -c "powershell% | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -cmd % | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -p %cmd.exe% | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -p %powershell.exe% | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -e %cmd% | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -a "/c % | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
--   LentShells | like | command line | % -prog % | apiwatch | What a program outside system folders is told to start by a service account that may impersonate.
-- benign:
--   An agent that runs as a service account and starts parts of itself as SYSTEM, or a debugger and a test of tokens.
--   A user's program that serves a pipe to a service of SYSTEM, such as an updater's helper in the user's profile.
--   Administrators' modules and tests that hold these functions, such as those for tokens of the cloud with like names of cmdlets.
-- limits:
--   Children need process creation (4688 or Sysmon 1), pipes WinEventLog:Sysmon (17, 18), pipes behind the share detailed file share auditing (5145), services
--   WinEventLog:System or Sysmon's 13, scripts WinEventLog:PowerShell. Handles (10) are AN1253's: a token's opening shows in none.
--   DuplicateTokenEx, ImpersonateLoggedOnUser and SetThreadToken raise no event: what is seen is the child, the pipe or the script.
--   A thread that impersonates and starts no process is seen only through its pipe.
--   The parent's user is in Sysmon's events since 13.30, in 4688 as the creator; otherwise it is known only if the parent's start was seen.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0482
--   https://learn.microsoft.com/windows/win32/api/securitybaseapi/nf-securitybaseapi-duplicatetokenex
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1324'
),
raised AS MATERIALIZED (
  SELECT eid, computer, parent_process_key, parent_path, parent_user, path FROM process_starts WHERE user_change = 'to_system'
),
piped AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, api, path, name, system_path, user, user_sid, logon_id, cmdline, parent_name, target_path, arguments,
    lower(CASE WHEN target_path LIKE '%IPC$%' THEN '\' || target_name ELSE target_path END) AS pipe
  FROM api_calls WHERE api IN (SELECT value FROM t WHERE element = 'PipeCalls')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element IN ('PipeWriters', 'TokenFunctions', 'LentShells') UNION SELECT '%pipe=%')
),
scripted AS MATERIALIZED (
  SELECT eid, computer, process_key, user, script_text FROM script_blocks WHERE script_text_like IN (SELECT value FROM t WHERE element = 'TokenFunctions')
),
served AS (
  SELECT *, (logon_id = '0x3e7' OR user LIKE '%\SYSTEM' OR name = 'System') AS is_system,
    api = 'CreateNamedPipe' AND (system_path = 0 OR name IN (SELECT value FROM t WHERE element = 'Interpreters') AND user <> '')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryPipes' AND target_path LIKE value ESCAPE '\') AS is_made
  FROM piped WHERE api IN ('CreateNamedPipe', 'ConnectNamedPipe')
),
met AS (
  SELECT *, max(CASE WHEN is_made AND NOT is_system THEN eid END) OVER pipes AS made, max(CASE WHEN is_made AND NOT is_system THEN time_ns END) OVER pipes AS made_ns,
    max(CASE WHEN is_system AND NOT is_made THEN eid END) OVER pipes AS joined, max(CASE WHEN is_system AND NOT is_made THEN time_ns END) OVER pipes AS joined_ns
  FROM served WINDOW pipes AS (PARTITION BY computer, pipe ORDER BY eid)
),
hits AS (
  SELECT eid, eid AS eids, computer || '|' || parent_process_key AS story, 'child' AS way, '' AS pipe, parent_user AS from_user,
    parent_path || ' of ' || parent_user || ' started ' || path || ' as SYSTEM' AS summary
  FROM raised WHERE parent_path <> '' AND lower(parent_path) NOT IN (SELECT lower(value) FROM t WHERE element = 'AllowedSystemProcesses')
    AND parent_user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'UserContextFilter')
    AND 1 + (parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%') + (parent_user LIKE '%$' OR parent_user LIKE '% SERVICE' OR parent_user LIKE 'IIS APPPOOL\%')
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
  UNION ALL
  SELECT eid, min(made, coalesce(joined, made)) || CASE WHEN joined THEN ',' || max(made, joined) ELSE '' END, computer || '|' || pipe, 'pipe', pipe, user,
    'the pipe ' || pipe || ' of a program outside system folders ' || CASE WHEN joined THEN 'was connected to by SYSTEM' ELSE 'imitates the path of another pipe' END
  FROM met WHERE eid IN (made, joined) AND (abs(made_ns - joined_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    OR eid = made AND pipe LIKE '%_\pipe\_%')
  UNION ALL
  SELECT eid, eid, computer || '|' || pipe, 'share', pipe, user, 'a service account reached its own pipe ' || pipe || ' through the share IPC$'
  FROM piped WHERE target_path LIKE '%IPC$%' AND logon_id IN ('0x3e4', '0x3e5') AND substr(pipe, 2) NOT IN (SELECT value FROM t WHERE element = 'ServicePipes')
  UNION ALL
  SELECT eid, eid, computer || '|\' || lower(coalesce(regex_match(cmdline || ' ' || arguments, 'pipe.([^ "]+)', 1), '')), 'command', '', user,
    'a service writes into a pipe: ' || substr(said, 1, 200)
  FROM (SELECT *, CASE api WHEN 'CreateService' THEN target_path WHEN 'RegSetValueEx' THEN arguments ELSE cmdline END AS said FROM piped)
  WHERE (api = 'CreateService' OR api = 'CreateProcess' AND parent_name LIKE 'services.exe' OR api = 'RegSetValueEx' AND target_path LIKE '%\Services\%\ImagePath')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'PipeWriters' AND said LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer || '|' || process_key || '|' || user, 'shell', '', user, path || ' of ' || user || ' is told to start a shell: ' || cmdline
  FROM piped WHERE api = 'CreateProcess' AND system_path = 0 AND path LIKE '_:\%' AND (logon_id IN ('0x3e4', '0x3e5') OR user_sid LIKE 'S-1-5-8_-%' OR user LIKE 'IIS APPPOOL\%' OR user LIKE '% SERVICE')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'LentShells' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer || '|' || process_key || '|' || user, 'script', '', user, 'a script of ' || coalesce(nullif(user, ''), 'a user') || ' calls functions that duplicate or assign tokens'
  FROM (SELECT * FROM scripted UNION ALL SELECT eid, computer, process_key, user, cmdline FROM piped WHERE api = 'CreateProcess') WHERE EXISTS (SELECT 1 FROM t WHERE element = 'TokenFunctions' AND script_text LIKE value ESCAPE '\')
)
SELECT eid, eids, summary, way, pipe, from_user FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
