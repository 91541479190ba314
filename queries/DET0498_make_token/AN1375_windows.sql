-- id: AN1375
-- name: Logon session made with credentials at hand and put to use on the spot
-- strategy: DET0498
-- technique: T1134.003
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: A logon session is made that keeps its user and takes other credentials for the network (4624 of LogonType
--   9), or a program outside system folders logs a user on to this machine with explicit credentials (4648). Or a script
--   that calls LogonUser, or a command that asks for such a session (runas /netonly with an interpreter, or one that takes a hash
--   or a password for it), or a program in a folder that users write that logs a user on in any way. With
--   ParentChildUserMismatch 0 the logon alone is not reported, but a process that starts in its session within the window.
-- log_sources: WinEventLog:Security, etw:Microsoft-Windows-Security-Auditing
-- tables: api_calls, logons, process_starts
-- extra: way, logon_user, first_process
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 600 | TimeWindow | Longest time from the logon to the first process of its session.
--   SuspiciousLogonTypes | text | kind of logon | new_credentials | SuspiciousLogonTypes | Logons that are reported: new_credentials is LogonType 9, explicit_credentials a logon to this machine by a program outside system folders (4648).
--   SuspiciousLogonTypes | text | kind of logon | explicit_credentials | SuspiciousLogonTypes | Logons that are reported: new_credentials is LogonType 9, explicit_credentials a logon to this machine by a program outside system folders (4648).
--   SuspiciousLogonTypes | text | kind of logon | odd_folder | SuspiciousLogonTypes | Logons that are reported: new_credentials is LogonType 9, explicit_credentials a logon to this machine by a program outside system folders (4648).
--   AllowedImpersonators | text | executable path or user name | C:\Windows\System32\winlogon.exe | AllowedImpersonators | Programs, by full path, and accounts, as DOMAIN\name, that log users on as their work.
--   AllowedImpersonators | text | executable path or user name | C:\Windows\System32\lsass.exe | AllowedImpersonators | Programs, by full path, and accounts, as DOMAIN\name, that log users on as their work.
--   AllowedImpersonators | text | executable path or user name | C:\Windows\System32\inetsrv\w3wp.exe | AllowedImpersonators | Programs, by full path, and accounts, as DOMAIN\name, that log users on as their work.
--   ParentChildUserMismatch | count | 0 or 1 | 1 | ParentChildUserMismatch | 1 reports the logon itself; 0 only one in whose session a process starts whose creator is of another session.
--   IntegrityEscalationDelta | count | levels | 0 | IntegrityEscalationDelta | With 0 above: how many integrity levels (Low, Medium, High, System) that process must gain over its creator.
--   LogonCalls | text | API | LsaLogonUser | apiwatch | Calls that make sessions.
--   LogonCalls | text | API | CreateProcessWithLogon | apiwatch | Calls that make sessions.
--   LogonFunctions | like | script text | %LogonUser(% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %LogonUserA(% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %LogonUserW(% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %LogonUserEx%(% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %NEW\_CREDENTIALS%LogonUser% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %LogonUser%NEW\_CREDENTIALS% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %LogonUser.Invoke(% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %Invoke-%MakeToken% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %Invoke-UserImpersonation% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %"LogonUser"% | apiwatch | What a script holds that makes a session.
--   LogonFunctions | like | script text | %'LogonUser'% | apiwatch | What a script holds that makes a session.
--   OrdinaryServices | like | executable path | C:\\Program Files% | apiwatch | Where services lie that log on with LogonType 9 as SYSTEM to reach other machines, such as for backup.
--   SessionCommands | like | command line | % createnetonly %/program:% | apiwatch | Commands that make a session with other credentials.
--   SessionCommands | like | command line | %sekurlsa::pth %/user:% | apiwatch | Commands that make a session with other credentials.
--   SessionCommands | like | command line | % make\_token % | apiwatch | Commands that make a session with other credentials.
--   SessionCommands | like | command line | %runas%/netonly%cmd% | apiwatch | Commands that make a session with other credentials.
--   SessionCommands | like | command line | %runas%/netonly%powershell% | apiwatch | Commands that make a session with other credentials.
--   SessionCommands | like | command line | %runas%/netonly%pwsh% | apiwatch | Commands that make a session with other credentials.
--   SessionCommands | like | command line | %createnetonly /program:% | apiwatch | Commands that make a session with other credentials.
--   SessionCommands | like | command line | %sekurlsa::pth"%/user:% | apiwatch | Commands that make a session with other credentials.
--   SessionCommands | like | command line | %sekurlsa::pth %/rc4:% | apiwatch | Commands that make a session with other credentials.
--   Interpreters | text | executable name | powershell.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   Interpreters | text | executable name | pwsh.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   Interpreters | text | executable name | rundll32.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   Interpreters | text | executable name | regsvr32.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   Interpreters | text | executable name | mshta.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   Interpreters | text | executable name | wscript.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   Interpreters | text | executable name | cscript.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   Interpreters | text | executable name | msbuild.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   Interpreters | text | executable name | installutil.exe | apiwatch | Programs of Windows that run what others wrote: their logons on to this machine count.
--   OddFolders | like | executable path | _:\\Users\\% | apiwatch | Where no service lies: a program there that logs a user on by itself counts whatever the kind of the logon.
--   OddFolders | like | executable path | %\\Temp\\% | apiwatch | Where no service lies: a program there that logs a user on by itself counts whatever the kind of the logon.
--   OddFolders | like | executable path | _:\\ProgramData\\% | apiwatch | Where no service lies: a program there that logs a user on by itself counts whatever the kind of the logon.
--   OddFolders | like | executable path | _:\\PerfLogs\\% | apiwatch | Where no service lies: a program there that logs a user on by itself counts whatever the kind of the logon.
-- benign:
--   A program in a folder of the user's that checks the user's password itself, as browsers and vaults of passwords do.
--   Administrators who run tools of another domain with runas /netonly; synchronisation services that log on with LogonType 9.
-- limits:
--   Sessions need the audits of logons (4624, 4648) in WinEventLog:Security, scripts WinEventLog:PowerShell, first processes 4688 or Sysmon's 1.
--   LogonUser, SetThreadToken and ImpersonateLoggedOnUser raise no event of their own: the session is what is seen, as 4624 and 4648.
--   A session of LogonType 2 or 3 that a program makes for itself looks like any other: its process is AN1253's, as one of another user.
--   Which process asked for a session of LogonType 9 through the Secondary Logon service is not told: the service is. 4672 is not read.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0498
--   https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-logonuserw
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1375'
),
logged AS MATERIALIZED (
  SELECT eid, computer, api, path, system_path, name, user, process_key, logon_id, arguments,
    coalesce(regex_match(arguments, '(new_credentials|explicit_credentials)', 1), 'odd_folder') AS kind, regex_match(arguments, 'logon_user=([^=]+)( [a-z_]+=|$)', 1) AS logon_user
  FROM api_calls WHERE api IN (SELECT value FROM t WHERE element = 'LogonCalls') AND (arguments LIKE '%credentials%'
    OR api = 'LsaLogonUser' AND arguments LIKE '%logon_process=Advapi%' AND EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND path LIKE value ESCAPE '\'))
),
made AS MATERIALIZED (
  SELECT l.* FROM logged AS l
  WHERE kind IN (SELECT value FROM t WHERE element = 'SuspiciousLogonTypes')
    AND (kind = 'new_credentials' AND NOT (logon_id = '0x3e7' AND EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryServices' AND l.path LIKE value ESCAPE '\')) OR kind = 'odd_folder'
      OR path <> '' AND (system_path = 0 OR name IN (SELECT value FROM t WHERE element = 'Interpreters')) AND arguments LIKE '% service=localhost%')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedImpersonators' AND lower(value) IN (lower(path), lower(user)))
),
sessions AS MATERIALIZED (
  SELECT eid, time_ns, computer, new_logon_id, logon_user FROM logons WHERE eid IN (SELECT eid FROM made)
  LIMIT (SELECT count(*) FROM made WHERE (SELECT value FROM t WHERE element = 'ParentChildUserMismatch') = '0')
),
started AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, logon_id, parent_logon_id, integrity_level, parent_integrity_level FROM process_starts
  WHERE user_change <> 'from_system' AND logon_id IN (SELECT new_logon_id FROM sessions) LIMIT -EXISTS (SELECT 1 FROM sessions)
),
scripted AS MATERIALIZED (
  SELECT eid, computer, api, process_key, user, path, arguments FROM api_calls
  WHERE api IN ('ScriptBlock', 'AmsiScanBuffer', 'CreateProcess') AND arguments_like IN (SELECT value FROM t WHERE element IN ('LogonFunctions', 'SessionCommands'))
),
hits AS (
  SELECT eid, eid AS eids, computer || '|' || kind || '|' || lower(coalesce(logon_user, '')) || CASE kind WHEN 'new_credentials' THEN '' ELSE '|' || path END AS story, kind AS way, coalesce(logon_user, '') AS logon_user, '' AS first_process,
    CASE kind WHEN 'new_credentials' THEN 'a session of ' || coalesce(logon_user, user) || ' was made that uses other credentials on the network'
      ELSE path || ' of ' || user || ' logged ' || coalesce(logon_user, 'a user') || ' on to this machine' END AS summary
  FROM made WHERE (SELECT value FROM t WHERE element = 'ParentChildUserMismatch') <> '0'
  UNION ALL
  SELECT p.eid, s.eid || ',' || p.eid, s.computer || '|' || s.new_logon_id, 'session', s.logon_user, p.path, p.path || ' started in a new session of ' || s.logon_user
  FROM sessions AS s JOIN started AS p ON p.logon_id = s.new_logon_id AND p.computer = s.computer AND p.eid > s.eid
  WHERE p.parent_logon_id <> p.logon_id AND p.time_ns - s.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND instr('Low    Medium High   System', integrity_level) / 7 - instr('Low    Medium High   System', parent_integrity_level) / 7
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'IntegrityEscalationDelta')
  UNION ALL
  SELECT eid, eid, computer || '|' || coalesce(nullif(process_key, ''), user), CASE api WHEN 'CreateProcess' THEN 'command' ELSE 'script' END, '', '',
    CASE api WHEN 'CreateProcess' THEN 'a command' ELSE 'a script' END || ' of ' || coalesce(nullif(user, ''), 'a user') || ' logs a user on: ' || replace(substr(arguments, 1, 200), char(10), ' ')
  FROM scripted
)
SELECT eid, eids, summary, way, logon_user, first_process FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
