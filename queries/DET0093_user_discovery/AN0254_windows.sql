-- id: AN0254
-- name: Users asked for, here or on other machines
-- strategy: DET0093
-- technique: T1033
-- tactics: Discovery
-- platform: windows
-- description: A command of Windows that shows users is run outside an interactive session, by a service's account,
--   with a switch (whoami /all, cmd /c whoami) or as the second kind of such command of one user within the window; a
--   program outside the system's folders says of itself that it shows who is logged on, or keeps such a key; a script
--   asks for logged-on users or, in a few words, for its own identity; the server service is asked from the network; or
--   one process connects over SMB to many machines at once, as a hunt for users does. Told, too: any program whose
--   command line asks for sessions or who is logged on, and a user who opens, over the network, pipes that tell of
--   sessions and those that tell of accounts or profiles within the window.
-- log_sources: WinEventLog:Sysmon, WinEventLog:PowerShell
-- tables: api_calls
-- extra: way, command
-- pyramid_level: 2
-- severity: low
-- interval: 30
-- window: TimeWindow
-- tuning:
--   ParentProcessContext | text | executable path | C:\Windows\explorer.exe | ParentProcessContext | What an interactive session starts from: a plain command below it counts only as the second one.
--   TimeWindow | window | seconds | 300 | TimeWindow | Longest time between two commands of one user.
--   UserContext | like | user name | NT AUTHORITY\\% | UserContext | Users of whom any such command is reported: accounts of services and of the machine.
--   UserContext | like | user name | IIS APPPOOL\\% | UserContext | Users of whom any such command is reported: accounts of services and of the machine.
--   UserContext | like | user name | NT SERVICE\\% | UserContext | Users of whom any such command is reported: accounts of services and of the machine.
--   UserContext | like | user name | %$ | UserContext | Users of whom any such command is reported: accounts of services and of the machine.
--   UserCommands | text | executable name | whoami.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | quser.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | query.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | qwinsta.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | net.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | net1.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | System | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | cmdkey.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | wmic.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | cmd.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | powershell.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | pwsh.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | reg.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | tasklist.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserCommands | text | executable name | klist.exe | apiwatch | Programs of Windows that show users, and System, whose connections are those of SMB.
--   UserQueries | like | command line | %whoami% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %quser% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %query% user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %query% session% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %qwinsta% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | net% user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %\\net% user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | % net user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | % net  user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | % net.exe user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | % net1 user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %"net user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %&net user% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %cmdkey%/l% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %wmic%useraccount% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %wmic%computersystem%username% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %wmic%getowner% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %echo \%username\%% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %dir c:\\users | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %dir c:\\users\\ | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %explorer.exe%getowner% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %wmic%netlogin% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %wmic%logon%list% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %wmic%\_loggedonuser% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %echo \%userdomain\%% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %klist%sessions% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %cmd%/c set u | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %cmd%/c set username% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %/c set%findstr%username% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %query%lastloggedon% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %query%profilelist% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %query%volatile environment% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %tasklist%explorer.exe% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %tasklist%/v% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %dir%c:\\users | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %dir%c:\\users" | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %win32\_computersystem%username% | apiwatch | Command lines that show users.
--   UserQueries | like | command line | %net% config work% | apiwatch | Command lines that show users.
--   UserChanges | like | command line | %/add% | apiwatch | Command lines that change users instead.
--   UserChanges | like | command line | %/del% | apiwatch | Command lines that change users instead.
--   UserChanges | like | command line | %/active% | apiwatch | Command lines that change users instead.
--   ShownBy | like | description | %program=%logged on% | apiwatch | What a program says of itself that shows who is logged on, or the key in which such a program keeps that its licence was accepted.
--   ShownBy | like | description | key=%\\Software\\%logged%on\\EulaAccepted% | apiwatch | What a program says of itself that shows who is logged on, or the key in which such a program keeps that its licence was accepted.
--   ShownBy | like | description | %program=%logged-on% | apiwatch | What a program says of itself that shows who is logged on, or the key in which such a program keeps that its licence was accepted.
--   ShownBy | like | description | %program=%who's logged% | apiwatch | What a program says of itself that shows who is logged on, or the key in which such a program keeps that its licence was accepted.
--   LoggedOnQueries | like | script text | %LoggedOnUser% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %NetLoggedOn% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %Invoke-%UserHunter% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %Find-DomainUserLocation% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %Get-NetSession% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %Win32_ComputerSystem%.UserName% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %]::UserName % | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %]::UserName | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | $env:username% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | whoami% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | net user% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | net.exe user% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | query user% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | quser% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | qwinsta% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %explorer.exe%.GetOwner()% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %.GetOwner()%explorer% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %Win32\_LoggedOnUser% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %Win32\_LogonSession% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %Win32\_Process%explorer.exe%GetOwner% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | query session% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %quser /server% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %; whoami% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %;whoami% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %UserPrincipal]::Current% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %Win32\_ComputerSystem%select%username% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %childitem c:\\users | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %childitem c:\\users %select% | apiwatch | What a script holds that asks who is logged on.
--   LoggedOnQueries | like | script text | %CommandInvocation(whoami% | apiwatch | What a script holds that asks who is logged on.
--   IdentityChecks | like | script text | %IsInRole% | apiwatch | What a script holds that only checks its own rights.
--   IdentityChecks | like | script text | %WindowsPrincipal% | apiwatch | What a script holds that only checks its own rights.
--   IdentityChecks | like | script text | %BuiltInRole% | apiwatch | What a script holds that only checks its own rights.
--   HuntHosts | count | hosts | 5 | apiwatch | How many machines asked over SMB within HuntSeconds are a hunt.
--   HuntSeconds | seconds | seconds | 30 | apiwatch | See HuntHosts.
--   AskedPrograms | like | command line | %LoggedOnUsers% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %LogonSessions% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %Get-NetLoggedOn% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %NetLoggedon% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %Get-LoggedOnLocal% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %Get-NetSession% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %Get-LoggedOn% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %UserHunter% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %Find-DomainUserLocation% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %Find-DomainUserEvent% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %Get-LastLoggedOn% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %RegLoggedOn% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c%LoggedOn% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %CollectionMethod%LoggedOn% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %CollectionMethod%Session% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c Session % | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c Session,% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c %,Session% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %CollectionMethod% All% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c All%--zip% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c All%--output% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c All%--domain% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c All%--ldap% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % --zipfilename % | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % --stealth% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %net%loggedonusers% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %WindowsIdentity]::GetCurrent% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %SELECT%FROM%Win32\_LoggedOnUser% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %path%Win32\_LoggedOnUser% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -group=user% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -group=all% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -c All | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %-group=user% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | %-group=all% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   AskedPrograms | like | command line | % -CollectionMethods All% | apiwatch | What a command line of any program holds that asks who is logged on, here or on other machines.
--   SessionPipes | text | pipe | wkssvc | apiwatch | Pipes that tell of sessions and of users logged on; one of them together with one of AccountPipes within the window is a hunt for users.
--   SessionPipes | text | pipe | srvsvc | apiwatch | Pipes that tell of sessions and of users logged on; one of them together with one of AccountPipes within the window is a hunt for users.
--   AccountPipes | text | pipe | winreg | apiwatch | Pipes that tell of profiles and of accounts.
--   AccountPipes | text | pipe | samr | apiwatch | Pipes that tell of profiles and of accounts.
-- benign:
--   Administrators and their scripts; logon scripts that run whoami or query user; management tools that ask servers for sessions.
--   Software deployment by a service's account that looks up users; a backup or management server that connects to many machines at once.
-- limits:
--   Commands need process creation with command lines (WinEventLog:Sysmon or WinEventLog:Security), scripts WinEventLog:PowerShell, connections, the pipe
--   and the key of a program WinEventLog:Sysmon (3, 18, 13). Where no start of the parents was seen, a command counts as one outside a session.
--   NetSessionEnum, NetWkstaUserEnum and GetUserName raise no event; asked of another machine the first is a connection to its pipe srvsvc.
--   Of the pipe wkssvc alone (NetWkstaUserEnum) Sysmon tells; the share audit has to show both pipes of a pair.
--   That pipe serves shares and sessions alike, so that AN0513 and AN0903 tell of the same connection; the first one of a machine is told.
--   The share audit's own record of that pipe (5145) is AN0903's.
--   What a script reads from its own process, such as the variable USERNAME, is not seen, nor lateral movement that follows.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0093
--   https://learn.microsoft.com/windows/win32/api/lmshare/nf-lmshare-netsessionenum
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0254'),
acted AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, process_key, name, user, logon_id, ancestry, parent_name, coalesce(nullif(cmdline, ''), path) AS cmdline, target_path, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'connect', 'ConnectNamedPipe') AND name IN (SELECT value FROM t WHERE element = 'UserCommands')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'UserQueries' UNION SELECT '%remote_port=445%' UNION SELECT '%pipe=%srvsvc%' UNION SELECT '%pipe=%wkssvc%')
),
shown AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, path, user, process_key, cmdline, target_name, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'RegSetValueEx', 'ScriptBlock', 'ConnectNamedPipe')
    AND arguments_like IN (SELECT CASE element WHEN 'LoggedOnQueries' THEN 'script=' ELSE '' END || value FROM t WHERE element IN ('ShownBy', 'LoggedOnQueries', 'AskedPrograms') UNION SELECT 'script=%WindowsIdentity]::GetCurrent%' UNION SELECT 'share=%IPC$%')
),
piped AS (
  SELECT *, max(CASE lists WHEN 1 THEN eid END) OVER w AS list_eid, max(CASE lists WHEN 0 THEN eid END) OVER w AS other_eid,
    max(CASE lists WHEN 1 THEN time_ns END) OVER w AS list_ns, max(CASE lists WHEN 0 THEN time_ns END) OVER w AS other_ns
  FROM (SELECT *, target_name IN (SELECT value FROM t WHERE element = 'SessionPipes') AS lists FROM shown WHERE api = 'ConnectNamedPipe' AND user NOT LIKE '%$'
    AND target_name IN (SELECT value FROM t WHERE element IN ('SessionPipes', 'AccountPipes')))
  WINDOW w AS (PARTITION BY computer, lower(user) ORDER BY eid)
),
commands AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user), regex_match(lower(cmdline), '(whoami|quser|query|qwinsta|net|wmic|cmdkey|echo|dir)', 1) ORDER BY eid) AS nth
  FROM acted WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'UserQueries' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'UserChanges' AND cmdline LIKE value ESCAPE '\')
),
paired AS (
  SELECT *, CASE nth WHEN 1 THEN lag(eid) OVER firsts END AS before, CASE nth WHEN 1 THEN time_ns - lag(time_ns) OVER firsts END AS gap
  FROM commands WINDOW firsts AS (PARTITION BY computer, lower(user), nth = 1 ORDER BY eid)
),
hosts AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, regex_match(arguments, 'remote_address=([^ ]+)', 1) ORDER BY eid) AS nth
  FROM acted WHERE api = 'connect' AND arguments LIKE '%remote_port=445 %'
),
hunts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS took
  FROM hosts WHERE nth = 1 WINDOW machine AS (PARTITION BY computer, process_key ORDER BY eid)
),
hits AS (
  SELECT eid, CASE WHEN gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow') THEN before || ',' ELSE '' END || eid AS eids,
    computer || '|' || lower(user) AS story, 'command' AS way, cmdline AS command, coalesce(nullif(user, ''), 'a user') || ' asked for users: ' || cmdline AS summary
  FROM paired WHERE gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow') OR cmdline LIKE '% /%'
    OR logon_id IN ('0x3e7', '0x3e4', '0x3e5') OR EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessContext' AND instr(lower(ancestry), replace(lower(value), '\', '\\')) > 0)
  UNION ALL SELECT eid, eid, computer || '|' || lower(user), CASE api WHEN 'ScriptBlock' THEN 'script' ELSE 'program' END, path, coalesce(nullif(path, ''), 'a script') || ' asks who is logged on'
  FROM (SELECT *, CASE api WHEN 'ScriptBlock' THEN substr(arguments, 8) ELSE arguments END AS said FROM shown WHERE api <> 'ConnectNamedPipe')
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = CASE api WHEN 'ScriptBlock' THEN 'LoggedOnQueries' ELSE 'ShownBy' END AND said LIKE value ESCAPE '\')
      OR api = 'ScriptBlock' AND length(said) < 300 AND said LIKE '%WindowsIdentity]::GetCurrent%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IdentityChecks' AND said LIKE value ESCAPE '\'))
    AND (api = 'ScriptBlock' OR path NOT LIKE 'C:\Windows\System32\%' AND path NOT LIKE 'C:\Windows\SysWOW64\%')
  UNION ALL SELECT eid, eid, computer || '|' || lower(user), 'program', cmdline, coalesce(nullif(user, ''), 'a user') || ' asked who is logged on: ' || substr(cmdline, 1, 160)
  FROM shown WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AskedPrograms' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IdentityChecks' AND cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, min(list_eid, other_eid) || ',' || eid, computer || '|pipes', 'pipes', target_name, user || ' asked ' || computer || ' over the network for sessions and accounts'
  FROM piped WHERE abs(list_ns - other_ns) <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, computer || '|server', 'server', target_path, 'the server or workstation service of ' || computer || ' was asked from the network, as for its sessions'
  FROM acted WHERE api = 'ConnectNamedPipe' AND target_path IN ('\srvsvc', '\wkssvc')
  UNION ALL
  SELECT eid, first_eid || ',' || eid, computer || '|hunt', 'hunt', '', computer || ' asked many machines over SMB at once'
  FROM hunts WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'HuntSeconds')
)
SELECT eid, eids, summary, way, command FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
