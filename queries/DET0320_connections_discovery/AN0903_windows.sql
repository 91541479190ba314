-- id: AN0903
-- name: Network connections and sessions listed, here or on other machines
-- strategy: DET0320
-- technique: T1049
-- tactics: Discovery
-- platform: windows
-- description: A command that lists connections or sessions (netstat, net use, net session, wmic netuse,
--   Get-NetTCPConnection) is run outside an interactive session, by a program that never does, or as the second kind of
--   such command of one user within the window; a script holds what lists them; the server service is asked from the
--   network (its pipe, or the share audit's record of it); or System connects over SMB to many machines at once, as for
--   their sessions. Told wherever they run: a few commands that hardly anybody uses (wmic netuse, netsh), a program
--   that is told to list sessions, or that says of itself that it shows connections.
-- log_sources: WinEventLog:Sysmon, WinEventLog:PowerShell
-- tables: api_calls
-- extra: way, command
-- pyramid_level: 2
-- severity: low
-- interval: 30
-- window: TimeWindow
-- tuning:
--   SuspiciousParentProcesses | text | executable name | winword.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   SuspiciousParentProcesses | text | executable name | excel.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   SuspiciousParentProcesses | text | executable name | powerpnt.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   SuspiciousParentProcesses | text | executable name | outlook.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   SuspiciousParentProcesses | text | executable name | mshta.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   SuspiciousParentProcesses | text | executable name | wscript.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   SuspiciousParentProcesses | text | executable name | cscript.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   SuspiciousParentProcesses | text | executable name | rundll32.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   SuspiciousParentProcesses | text | executable name | w3wp.exe | SuspiciousParentProcesses | Parents, in lower case, that list no connections: any such command below them is reported.
--   TimeWindow | window | seconds | 300 | TimeWindow | Longest time between two commands of one user.
--   CommandPatternList | like | command line or script text | %netstat% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net% use | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net% session | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net% sessions | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net% session \\\\% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %wmic%netuse% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %nbtstat%-s% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Get-NetTCPConnection% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %GetActiveTcpConnections% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %GetActiveTcpListeners% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %GetExtendedTcpTable% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %MSFT_NetTCPConnection% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %query% session% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %qwinsta% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Get-NetUDPEndpoint% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Get-NetSession% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Get-SmbSession% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Get-SmbConnection% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Get-SmbOpenFile% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %NetRDPSession% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Win32_NetworkConnection% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Win32_ServerConnection% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %GetActiveUdpListeners% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %GetIPGlobalProperties() | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net use &% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net session &% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %netsh%tcpconnections% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %netstat.exe% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %Win32\_ServerSession% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net sessions &% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net1 use | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net1 session | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net use >% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net session >% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net use 2% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net  use >% | CommandPatternList | What lists connections or sessions.
--   CommandPatternList | like | command line or script text | %net  session >% | CommandPatternList | What lists connections or sessions.
--   ConnectionChanges | like | command line | %session%/d% | apiwatch | Command lines that end sessions or connections instead.
--   ConnectionChanges | like | command line | %use%/d% | apiwatch | Command lines that end sessions or connections instead.
--   InteractiveParents | text | executable path | C:\Windows\explorer.exe | apiwatch | What an interactive session starts from: a command below it counts only as the second one.
--   ConnectionPrograms | text | executable or pipe name | netstat.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | net.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | net1.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | nbtstat.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | wmic.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | powershell.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | pwsh.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | srvsvc | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | query.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | qwinsta.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   ConnectionPrograms | text | executable or pipe name | cmd.exe | apiwatch | Programs of Windows that list connections, and the pipe srvsvc, through which other machines list sessions.
--   HuntHosts | count | hosts | 5 | apiwatch | How many machines asked over SMB within HuntSeconds are asked for their sessions.
--   HuntSeconds | seconds | seconds | 30 | apiwatch | See HuntHosts.
--   AskedPrograms | like | arguments | %Get-NetSession% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %NetRDPSession% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %Get-NetTCPConnection% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %Get-SmbSession% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %Get-SmbConnection% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %GetActiveTcpConnections% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %Win32\_ServerSession% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %Win32\_ServerConnection% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %Win32\_NetworkConnection% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %wmic%netuse% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %netsh%show%tcpconnections% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %netsh%show%udpconnections% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %netsh%show tcpstats% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %netsh%show udpstats% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %TcpConnections% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %UdpConnections% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %MSFT\_NetTCPConnection% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %program=%TCP/UDP % | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %program=%network connections viewer% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %program=%CurrPorts% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %program=%connections on % | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
--   AskedPrograms | like | arguments | %CollectionMethod%Session% | apiwatch | What a program is told, or says of itself (program=), that lists connections or sessions in a way that few use: reported wherever it starts.
-- benign:
--   Monitoring and support that run netstat; administrators who list sessions of servers.
--   Agents that look after connections from a service; a backup or management server that connects to many machines; servers that every client asks.
-- limits:
--   Commands need process creation with command lines (WinEventLog:Sysmon or WinEventLog:Security), scripts WinEventLog:PowerShell, connections and the pipe
--   WinEventLog:Sysmon (3, 18) or 5145 of WinEventLog:Security. Where no start of the parents was seen, a command counts as one outside a session.
--   Of a script only what names TCP, UDP, netstat, cmdlets of sessions and SMB, or IP properties is looked at; query, qwinsta and net show as processes.
--   GetTcpTable, GetExtendedTcpTable and NetSessionEnum raise no event; asked of another machine the last is a connection to its pipe
--   srvsvc, which lists shares too: the first one of a machine is told, and AN0254 and AN0513 tell of it as well.
--   netstat under another name is not recognised, another program that lists connections by what it says of itself alone, and what follows the listing is not read.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0320
--   https://learn.microsoft.com/windows/win32/api/iphlpapi/nf-iphlpapi-getextendedtcptable
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0903'
),
acted AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, name, user, ancestry, parent_name, trim(coalesce(nullif(cmdline, ''), path), ' "') AS cmdline, target_path FROM api_calls
  WHERE api IN ('CreateProcess', 'ConnectNamedPipe') AND object_name IN (SELECT value FROM t WHERE element = 'ConnectionPrograms')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'CommandPatternList' UNION SELECT '%pipe=%' UNION SELECT '%IPC$%')
),
piped AS (
  SELECT eid, computer FROM acted WHERE api = 'ConnectNamedPipe' AND (target_path LIKE '%IPC$_srvsvc' OR target_path = '\srvsvc' AND name = 'System')
),
spoke AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, process_key, name, user, coalesce(nullif(cmdline, ''), path) AS cmdline, arguments FROM api_calls WHERE api IN ('ScriptBlock', 'connect', 'CreateProcess')
    AND arguments_like IN (SELECT CASE element WHEN 'CommandPatternList' THEN 'script=' ELSE '' END || value FROM t WHERE element IN ('CommandPatternList', 'AskedPrograms') UNION SELECT '%remote_port=445 %')
),
commands AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user), coalesce(regex_match(lower(cmdline), '(netstat|query|qwinsta|wmic|nbtstat|net1? +[a-z]+)', 1), name) ORDER BY eid) AS nth
  FROM acted WHERE api = 'CreateProcess'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'CommandPatternList' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ConnectionChanges' AND cmdline LIKE value ESCAPE '\')
),
paired AS (
  SELECT *, CASE nth WHEN 1 THEN lag(eid) OVER firsts END AS before, CASE nth WHEN 1 THEN time_ns - lag(time_ns) OVER firsts END AS gap
  FROM commands WINDOW firsts AS (PARTITION BY computer, lower(user), nth = 1 ORDER BY eid)
),
hosts AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, regex_match(arguments, 'remote_address=([^ ]+)', 1) ORDER BY eid) AS nth
  FROM spoke WHERE api = 'connect' AND name = 'System' AND arguments LIKE '%remote_port=445 %'
),
hunts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS took
  FROM hosts WHERE nth = 1 WINDOW machine AS (PARTITION BY computer, process_key ORDER BY eid)
),
hits AS (
  SELECT eid, CASE WHEN gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow') THEN before || ',' ELSE '' END || eid AS eids,
    computer || '|' || lower(user) AS story, 'command' AS way, cmdline AS command, coalesce(nullif(user, ''), 'a user') || ' listed connections: ' || cmdline AS summary
  FROM paired WHERE gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
    OR lower(parent_name) IN (SELECT value FROM t WHERE element = 'SuspiciousParentProcesses')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'InteractiveParents' AND instr(lower(ancestry), replace(lower(value), '\', '\\')) > 0)
  UNION ALL
  SELECT eid, eid, computer || '|' || coalesce(nullif(process_key, ''), lower(user)), 'script', '', 'a script of ' || coalesce(nullif(user, ''), 'a user') || ' lists connections'
  FROM spoke WHERE api = 'ScriptBlock' AND EXISTS (SELECT 1 FROM t WHERE element IN ('CommandPatternList', 'AskedPrograms') AND arguments LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer || '|' || lower(user), 'program', cmdline, coalesce(nullif(user, ''), 'a user') || ' listed connections: ' || cmdline
  FROM spoke WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AskedPrograms' AND arguments LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer || '|server', 'server', 'srvsvc', 'the server service of ' || computer || ' was asked from the network, as for its sessions' FROM piped
  UNION ALL
  SELECT eid, first_eid || ',' || eid, computer || '|hunt', 'hunt', '', computer || ' asked many machines over SMB at once, as for their sessions'
  FROM hunts WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'HuntSeconds')
)
SELECT eid, eids, summary, way, command FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
