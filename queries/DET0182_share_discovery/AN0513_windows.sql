-- id: AN0513
-- name: Network shares listed, or many machines asked over SMB at once
-- strategy: DET0182
-- technique: T1135
-- tactics: Discovery
-- platform: windows
-- description: A command or script lists shares (net view, net share, Get-SmbShare, Win32_Share), a process calls
--   NetrShareEnum, or a program says of itself that it scans networks. On the machine asked: the pipe srvsvc is opened
--   from the network, or one session tries many shares of it. One process connects over SMB to many machines: within
--   seconds, or within the window after such a command. Also told: a share made on this machine (5142, or its registry
--   value), which net share does as well. Or a loop looks at the administrative shares of machines, or, where command
--   lines are not logged, a program of a user's folder starts net.exe again and again.
-- log_sources: WinEventLog:Security, WinEventLog:Sysmon, WinEventLog:PowerShell, etw:Microsoft-Windows-RPC
-- tables: api_calls, process_starts
-- extra: way, command
-- pyramid_level: 3
-- severity: low
-- interval: 30
-- window: TimeWindow
-- tuning:
--   BurstHostThreshold | count | hosts | 5 | BurstHostThreshold | How many different machines, or shares of one machine, are many.
--   TimeWindow | window | seconds | 600 | TimeWindow | Longest time from a command that lists shares to the last of many machines.
--   AllowedDiscoveryAccounts | text | user name |  | AllowedDiscoveryAccounts | Accounts that take inventory, as DOMAIN\name.
--   PipeNameAllowList | text | pipe | spoolss | PipeNameAllowList | Pipes that management agents open on other machines.
--   SharePipes | text | pipe | srvsvc | apiwatch | Pipes through which shares are listed.
--   SharePrograms | text | executable name | net.exe | apiwatch | Programs of Windows that list shares, and System, whose connections are those of SMB.
--   SharePrograms | text | executable name | net1.exe | apiwatch | Programs of Windows that list shares, and System, whose connections are those of SMB.
--   SharePrograms | text | executable name | wmic.exe | apiwatch | Programs of Windows that list shares, and System, whose connections are those of SMB.
--   SharePrograms | text | executable name | System | apiwatch | Programs of Windows that list shares, and System, whose connections are those of SMB.
--   SharePrograms | text | executable name | cmd.exe | apiwatch | Programs of Windows that list shares, and System, whose connections are those of SMB.
--   SharePrograms | text | executable name | powershell.exe | apiwatch | Programs of Windows that list shares, and System, whose connections are those of SMB.
--   SharePrograms | text | executable name | pwsh.exe | apiwatch | Programs of Windows that list shares, and System, whose connections are those of SMB.
--   SharePrograms | text | executable name | reg.exe | apiwatch | Programs of Windows that list shares, and System, whose connections are those of SMB.
--   ShareQueries | like | command line | %net% view% | apiwatch | Command lines that list shares.
--   ShareQueries | like | command line | %net% share% | apiwatch | Command lines that list shares.
--   ShareQueries | like | command line | %wmic%share% | apiwatch | Command lines that list shares.
--   ShareQueries | like | command line | %query%lanmanserver\\shares% | apiwatch | Command lines that list shares.
--   ShareQueries | like | command line | %wmic%netuse% | apiwatch | Command lines that list shares.
--   ShareChanges | like | command line | %/del% | apiwatch | Command lines that change shares instead.
--   ShareChanges | like | command line | %=% | apiwatch | Command lines that change shares instead.
--   ShareFunctions | like | script text | %Get-SmbShare% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Win32_Share% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %NetShareEnum% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Get-NetShare% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Find-%Share% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Invoke-%ShareFinder% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Get-NetFileServer% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Invoke-FileFinder% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %HuntSMBShares% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | script=net view% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %net.exe view% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Invoke-%FileFinder% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Find-Interesting%File% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Invoke-ShareHunter% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Get-NetShares% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Invoke-SMBScanner% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Invoke-SmbMap% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %Invoke-Share% | apiwatch | What a script holds that lists shares.
--   ShareFunctions | like | script text | %net view /% | apiwatch | What a script holds that lists shares.
--   ShareCalls | text | API | ScriptBlock | apiwatch | Calls in whose arguments shares are sought.
--   ShareCalls | text | API | NetShareAdd | apiwatch | Calls in whose arguments shares are sought.
--   ShareCalls | text | API | RegSetValueEx | apiwatch | Calls in whose arguments shares are sought.
--   ShareCalls | text | API | srvsvc.NetrShareEnum | apiwatch | Calls in whose arguments shares are sought.
--   ShareCalls | text | API | srvsvc.NetrShareEnumSticky | apiwatch | Calls in whose arguments shares are sought.
--   ShareCalls | text | API | connect | apiwatch | Calls in whose arguments shares are sought.
--   ShareCalls | text | API | NetShareConnect | apiwatch | Calls in whose arguments shares are sought.
--   ShareCalls | text | API | ConnectNamedPipe | apiwatch | Calls in whose arguments shares are sought.
--   ScannerDescriptions | like | description | %port scanner% | apiwatch | What programs say of themselves that scan networks and list their shares.
--   ScannerDescriptions | like | description | %network scanner% | apiwatch | What programs say of themselves that scan networks and list their shares.
--   ScannerDescriptions | like | description | %ip scanner% | apiwatch | What programs say of themselves that scan networks and list their shares.
--   ScannerDescriptions | like | description | %share scanner% | apiwatch | What programs say of themselves that scan networks and list their shares.
--   ScannerDescriptions | like | description | %scanning networks% | apiwatch | What programs say of themselves that scan networks and list their shares.
--   BurstSeconds | seconds | seconds | 30 | apiwatch | Connections to many machines within this time are reported without a command before.
--   ShareSweeps | like | command line or script | %for %\\\\\%%$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %for %dir%\\\\\%% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\$%\\_$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\$%\\admin$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\\%\_%\\_$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\{0}\\_$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\" + $%\\_$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\' + $%\\_$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\'+$%\\_$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\"+$%\\_$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %\\\\%.$\_\\_$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %/c dir \\\\%\\_$ | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %/c dir \\\\%\\_$" | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %/c dir \\\\%\\admin$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %Test-Path%\\\\%$\_\\%$% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   ShareSweeps | like | command line or script | %get-adcomputer%\\\\$(% | apiwatch | Loops over machines that look at their shares for administrators; other uses of such a share, such as a copy, are left out by SweepUses.
--   SweepUses | like | command line or script | %Copy-Item% | apiwatch | What a loop does with a share beside looking.
--   SweepUses | like | command line or script | % copy % | apiwatch | What a loop does with a share beside looking.
--   SweepUses | like | command line or script | %robocopy% | apiwatch | What a loop does with a share beside looking.
--   SweepUses | like | command line or script | %xcopy% | apiwatch | What a loop does with a share beside looking.
--   SweepUses | like | command line or script | %New-PSDrive% | apiwatch | What a loop does with a share beside looking.
--   SweepUses | like | command line or script | %Remove-Item% | apiwatch | What a loop does with a share beside looking.
--   SweepUses | like | command line or script | % del % | apiwatch | What a loop does with a share beside looking.
--   ForeignFolders | like | executable path | _:\\Users\\% | apiwatch | Folders of programs that have no business with net.exe: where no command lines are logged, several starts of it by one of them are reported.
--   ForeignFolders | like | executable path | _:\\ProgramData\\% | apiwatch | Folders of programs that have no business with net.exe: where no command lines are logged, several starts of it by one of them are reported.
--   ForeignFolders | like | executable path | _:\\Windows\\Temp\\% | apiwatch | Folders of programs that have no business with net.exe: where no command lines are logged, several starts of it by one of them are reported.
--   ForeignFolders | like | executable path | _:\\PerfLogs\\% | apiwatch | Folders of programs that have no business with net.exe: where no command lines are logged, several starts of it by one of them are reported.
--   ForeignFolders | like | executable path | _:\\Windows\\Tasks\\% | apiwatch | Folders of programs that have no business with net.exe: where no command lines are logged, several starts of it by one of them are reported.
--   BareCommands | count | starts | 3 | apiwatch | How many starts of net.exe without a command line by such a program within BurstSeconds are reported.
--   AskedPrograms | like | command line | %Find-DomainShare% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | %Invoke-%ShareFinder% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | %Get-NetShare% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | %Find-InterestingDomainShareFile% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | % NetworkShares% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | %/hide%/range:% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | %/range:%/auto:% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | %/auto:%/range:% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | % -s -d % -o % -v % | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | % -s -o %.log -v data% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   AskedPrograms | like | command line | % smb % --shares% | apiwatch | What a command line of any program holds that lists shares or scans for them.
--   ShareWords | like | arguments | %share% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %IPC$% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %net view% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %filefinder% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %fileserver% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %remote\_port=445% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %remote\_port=139% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %Interesting%File% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %SMBScanner% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | %SmbMap% | apiwatch | What calls and scripts hold that are looked at.
--   ShareWords | like | arguments | script=%\\\\%$% | apiwatch | What calls and scripts hold that are looked at.
-- benign:
--   Administrators, inventory and backup that list shares; domain controllers and file servers, whose server service every client asks.
--   Whoever makes a share by right; a management server or a scanner of the own network that connects to many machines.
-- limits:
--   Commands need process creation (WinEventLog:Security or WinEventLog:Sysmon), scripts WinEventLog:PowerShell, connections and the pipe WinEventLog:Sysmon
--   (3, 18), or the pipe and shares the detailed share audit (5140, 5142, 5145 of WinEventLog:Security), the call etw:Microsoft-Windows-RPC.
--   NetShareEnum raises no event where it is called, but through the RPC provider of ETW; on the machine asked it is a connection to
--   the pipe srvsvc, which serves sessions too: the first one of a machine is told.
--   SMB leaves a machine as its System process, so that which program asked is not told, nor is a listing or copying of files that follows.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0182
--   https://learn.microsoft.com/windows/win32/api/lmshare/nf-lmshare-netshareenum
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
acted AS MATERIALIZED (SELECT eid, time_ns, computer, api, process_key, name, user, parent_name, parent_path, parent_process_key, coalesce(nullif(cmdline, ''), path) AS cmdline, cmdline = '' AS bare, target_path, target_name, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'ConnectNamedPipe') AND name IN (SELECT value FROM t WHERE element = 'SharePrograms')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element IN ('ShareQueries', 'ShareFunctions', 'ShareSweeps') UNION SELECT '%pipe=%' UNION SELECT '%application\_name=%net%')
),
spoke AS MATERIALIZED (SELECT eid, time_ns, computer, api, process_key, path, user, logon_id, cmdline, target_path, arguments, target_name FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'ShareCalls' UNION SELECT 'CreateProcess') AND arguments_like IN (SELECT 'command\_line=' || value FROM t WHERE element = 'AskedPrograms' UNION SELECT value FROM t WHERE element = 'ShareWords')
),
scanners AS MATERIALIZED (SELECT eid, time_ns, computer, path, user, description FROM process_starts WHERE description LIKE '%scan%'),
found AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, 'command' AS way, cmdline AS command, coalesce(nullif(user, ''), 'a user') || ' listed shares: ' || cmdline AS summary FROM acted
  WHERE api = 'CreateProcess' AND (EXISTS (SELECT 1 FROM t WHERE element = 'ShareQueries' AND cmdline LIKE value ESCAPE '\')
      AND (name NOT IN ('cmd.exe', 'powershell.exe', 'pwsh.exe') OR regex_match(lower(cmdline), '[ "&;(]net1?([.]exe)? +(view|share)', 0) IS NOT NULL)
    OR name <> 'cmd.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShareFunctions' AND cmdline LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ShareChanges' AND cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, computer, user, CASE api WHEN 'ScriptBlock' THEN 'script' ELSE 'call' END, path, CASE api WHEN 'ScriptBlock' THEN 'a script of ' || coalesce(nullif(user, ''), 'a user') ELSE coalesce(nullif(path, ''), 'a process') END || ' lists shares'
  FROM spoke WHERE api LIKE 'srvsvc.%' OR api = 'ScriptBlock' AND (EXISTS (SELECT 1 FROM t WHERE element = 'ShareFunctions' AND arguments LIKE value ESCAPE '\')
    OR length(arguments) < 4096 AND EXISTS (SELECT 1 FROM t WHERE element = 'ShareSweeps' AND arguments LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SweepUses' AND arguments LIKE value ESCAPE '\'))
  UNION ALL SELECT eid, time_ns, computer, user, 'command', cmdline, coalesce(nullif(user, ''), 'a user') || ' looks at the shares of many machines: ' || substr(cmdline, 1, 160) FROM acted
  WHERE api = 'CreateProcess' AND name IN ('cmd.exe', 'powershell.exe', 'pwsh.exe') AND EXISTS (SELECT 1 FROM t WHERE element = 'ShareSweeps' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SweepUses' AND cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, computer, user, 'bare', parent_path, parent_path || ' started ' || cmdline || ' again and again, as for shares' FROM (
    SELECT *, lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'BareCommands')) OVER (PARTITION BY computer, parent_process_key ORDER BY eid) AS first FROM acted
    WHERE api = 'CreateProcess' AND bare AND name = 'net.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'ForeignFolders' AND parent_path LIKE value ESCAPE '\'))
  WHERE time_ns - first <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds')
  UNION ALL SELECT eid, time_ns, computer, user, 'command', cmdline, coalesce(nullif(user, ''), 'a user') || ' listed shares: ' || substr(cmdline, 1, 160) FROM spoke
  WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AskedPrograms' AND cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, computer, user, 'scanner', path, path || ' says of itself: ' || description FROM scanners
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ScannerDescriptions' AND description LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, computer, '', 'server', target_path, 'the server service of ' || computer || ' was asked from the network, as for its shares'
  FROM (SELECT eid, time_ns, computer, api, target_path, target_name FROM acted WHERE name = 'System' AND target_path = '\' || target_name UNION ALL SELECT eid, time_ns, computer, api, target_path, target_name FROM spoke WHERE api = 'ConnectNamedPipe')
  WHERE api = 'ConnectNamedPipe' AND target_name IN (SELECT value FROM t WHERE element = 'SharePipes') AND target_name NOT IN (SELECT value FROM t WHERE element = 'PipeNameAllowList')
  UNION ALL SELECT eid, time_ns, computer, user, 'added', target_path, 'a share was made on ' || computer || ': ' || coalesce(regex_match(arguments, 'ShareName=([^ ]+)', 1), target_path) FROM spoke
  WHERE api = 'NetShareAdd' OR api = 'RegSetValueEx' AND target_path LIKE '%\LanmanServer\Shares\%' AND target_path NOT LIKE '%\Shares\Security\%'
),
hosts AS ( -- machines that a process asks, and shares that a session tries
  SELECT *, row_number() OVER (PARTITION BY computer, api, actor, lower(asked) ORDER BY eid) AS nth FROM (SELECT *, CASE api WHEN 'connect' THEN process_key ELSE logon_id END AS actor,
    CASE api WHEN 'connect' THEN regex_match(arguments, 'remote_address=([^ ]+)', 1) ELSE target_path END AS asked FROM spoke WHERE api = 'NetShareConnect' AND logon_id <> '' OR api = 'connect')
),
bursts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'BurstHostThreshold')) OVER machine AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'BurstHostThreshold')) OVER machine AS took
  FROM hosts WHERE nth = 1 WINDOW machine AS (PARTITION BY computer, api, actor ORDER BY eid)
),
followed AS (
  SELECT *, max(CASE WHEN is_command THEN eid END) OVER (PARTITION BY computer ORDER BY eid) AS command_eid FROM (SELECT eid, time_ns, computer, 0 AS is_command, first_eid, took FROM bursts WHERE first_eid IS NOT NULL AND api = 'connect'
    UNION ALL SELECT eid, time_ns, computer, 1, NULL, NULL FROM found WHERE way IN ('command', 'script', 'call', 'scanner'))
),
hits AS (
  SELECT eid, eid AS eids, computer || '|' || way || '|' || lower(user) AS story, way, command, summary FROM found
  WHERE user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
  UNION ALL SELECT b.eid, coalesce(c.eid || ',', '') || b.first_eid || ',' || b.eid, b.computer || '|burst', 'burst', coalesce(c.command, ''),
    b.computer || ' connected over SMB to many machines' || coalesce(' after ' || nullif(c.command, ''), '')
  FROM followed AS b LEFT JOIN found AS c ON c.eid = b.command_eid AND b.time_ns - c.time_ns <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
  WHERE NOT b.is_command AND (b.took <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds')
    OR c.eid IS NOT NULL AND b.took <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow'))
  UNION ALL SELECT eid, first_eid || ',' || eid, computer || '|shares|' || lower(user), 'shares', '', user || ' tried many shares of ' || computer FROM bursts
  WHERE api <> 'connect' AND took <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds') AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
)
SELECT eid, eids, summary, way, command FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
