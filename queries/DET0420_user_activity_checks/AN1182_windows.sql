-- id: AN1182
-- name: Signs of a real user looked for
-- strategy: DET0420
-- technique: T1497.002
-- tactics: Defense Evasion, Discovery
-- platform: windows
-- description: A script asks when the user last typed or where the pointer is; or the commands of one program look at
--   several different traces of a user (recent files, lists of what was typed and run, browser history, the desktop,
--   sessions) within the window, or at one soon after somebody logged on or unlocked the screen. Accounts of the system
--   are left out. Or a script ends where it finds too few files or programs of a user.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: api_calls, script_blocks, logons
-- extra: way, object
-- pyramid_level: 3
-- severity: low
-- interval: 30
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 300 | TimeWindow | How close together the traces are looked at, and how long after a logon or an unlocking one counts.
--   UserContext | like | user name | %\\% | UserContext | Users whose looking counts.
--   SystemUsers | like | user name | NT AUTHORITY\\% | apiwatch | Accounts of the system, which never count.
--   SystemUsers | like | user name | %$ | apiwatch | Accounts of the system, which never count.
--   SystemUsers | like | user name | Window Manager\\% | apiwatch | Accounts of the system, which never count.
--   SystemUsers | like | user name | Font Driver Host\\% | apiwatch | Accounts of the system, which never count.
--   DistinctTraces | count | traces | 2 | apiwatch | How many different traces are reported without a logon before.
--   Commands | text | executable name | reg.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | cmd.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | powershell.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | pwsh.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | quser.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | query.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | findstr.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | where.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | wmic.exe | apiwatch | Programs whose command lines are held against TraceCommands.
--   Commands | text | executable name | tree.com | apiwatch | Programs whose command lines are held against TraceCommands.
--   TraceCommands | like | command line | %reg%query%RecentDocs% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %reg%query%RunMRU% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %reg%query%TypedURLs% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %reg%query%TypedPaths% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %reg%query%UserAssist% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %reg%query%OpenSavePidlMRU% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %reg%query%WordWheelQuery% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %dir%\\Microsoft\\Windows\\Recent% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %dir%\\Desktop% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %dir%\\Downloads% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %User Data\\Default\\History% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %places.sqlite% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %GetLastInputInfo% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %CursorPos% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %query user% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %query.exe user% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   TraceCommands | like | command line | %quser% | apiwatch | Traces of a user in command lines; each pattern is a trace.
--   InputScripts | like | script | %GetLastInputInfo% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %GetCursorPos% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %Forms.Cursor]::Position% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %Cursor]::Position% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %Control]::MouseButtons% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %GetAsyncKeyState(1)% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %GetAsyncKeyState(0x01)% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %GetDoubleClickTime% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %\\Recent%Count%-lt% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %\\Recent%-lt%exit% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %Recent%.Count -lt%exit% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %Downloads%Count -lt%exit% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %Desktop%Count -lt%exit% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %RecentFiles.Count% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %Get-Process%Count -lt%exit% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %MRU%Count -lt%exit% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   InputScripts | like | script | %\\History%-lt%exit% | apiwatch | Functions that tell of the user at the keyboard: enough by themselves.
--   LogonTypes | text | number | 2 | apiwatch | Logons by which a person begins: interactive, unlock, remote, with cached credentials.
--   LogonTypes | text | number | 7 | apiwatch | Logons by which a person begins: interactive, unlock, remote, with cached credentials.
--   LogonTypes | text | number | 10 | apiwatch | Logons by which a person begins: interactive, unlock, remote, with cached credentials.
--   LogonTypes | text | number | 11 | apiwatch | Logons by which a person begins: interactive, unlock, remote, with cached credentials.
--   ScriptOwners | like | script file | _:\\Program Files\\% | apiwatch | Where installed modules lie; their scripts are not looked at.
--   ScriptOwners | like | script file | _:\\Program Files (x86)\\% | apiwatch | Where installed modules lie; their scripts are not looked at.
--   ScriptOwners | like | script file | _:\\Windows\\System32\\WindowsPowerShell\\v1.0\\Modules\\% | apiwatch | Where installed modules lie; their scripts are not looked at.
-- benign:
--   Forensic collections and profile migrations that read the lists of recent files.
--   Scripts that keep the screen awake by moving the pointer.
-- limits:
--   Commands need process creation with command lines (WinEventLog:Sysmon or WinEventLog:Security), scripts WinEventLog:PowerShell, logons and unlocking
--   4624 and 4801 of WinEventLog:Security.
--   GetLastInputInfo, GetCursorPos and a listing of files by a compiled program raise no event.
--   Reading a registry key is seen only as a command or in a script.
--   Scripts that read the lists of recent files are seen only where they compare how many there are.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0420
--   https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-getlastinputinfo
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1182'
),
commands AS MATERIALIZED (
  SELECT eid, time_ns, cmdline, path, user, parent_process_key, parent_path, logon_id, computer FROM api_calls
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Commands') AND api = 'CreateProcess'
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, user, process_key, computer FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'InputScripts') AND length(script_text) < 65536
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ScriptOwners' AND script_path LIKE value ESCAPE '\')
),
traces AS MATERIALIZED (
  SELECT c.eid, c.time_ns, c.computer, c.parent_process_key AS actor, c.user, c.path, c.cmdline AS object, t.value AS trace FROM commands AS c JOIN t ON t.element = 'TraceCommands' AND c.cmdline LIKE t.value ESCAPE '\'
  UNION ALL
  SELECT s.eid, s.time_ns, s.computer, coalesce(nullif(s.process_key, ''), s.user), s.user, s.path, replace(substr(s.script_text, 1, 200), char(10), ' '), t.value FROM scripts AS s
  JOIN t ON t.element = 'InputScripts' AND s.script_text LIKE t.value ESCAPE '\'
),
unlocked AS MATERIALIZED (
  SELECT eid, time_ns, computer FROM logons WHERE action = 'unlock' LIMIT -EXISTS (SELECT 1 FROM traces)
),
people AS MATERIALIZED (
  SELECT eid, time_ns, computer FROM logons WHERE logon_type IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LogonTypes') AND action = 'logon'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemUsers' AND logon_user LIKE value ESCAPE '\')
  LIMIT -EXISTS (SELECT 1 FROM traces)
),
fresh AS (
  SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctTraces'))) OVER w AS first, lag(eid, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctTraces'))) OVER w AS first_eid,
    (SELECT max(p.eid) FROM (SELECT * FROM people UNION ALL SELECT * FROM unlocked) AS p WHERE p.computer = n.computer AND p.eid < n.eid AND n.time_ns - p.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS logon
  FROM (SELECT *, row_number() OVER (PARTITION BY computer, actor, trace ORDER BY eid) AS again FROM traces) AS n WHERE again = 1
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND (user LIKE value ESCAPE '\' OR user = '')) AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemUsers' AND user LIKE value ESCAPE '\')
  WINDOW w AS (PARTITION BY computer, actor ORDER BY eid)
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM fresh
  WHERE trace IN (SELECT value FROM t WHERE element = 'InputScripts') OR logon IS NOT NULL
    OR first_eid IS NOT NULL AND time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, coalesce(logon || ',', '') || coalesce(nullif(first_eid, eid) || ',', '') || eid AS eids,
  coalesce(nullif(path, ''), 'a process') || ' looks for signs of a user' || CASE WHEN logon IS NULL THEN '' ELSE ' soon after one logged on' END || ': ' || object AS summary,
  CASE WHEN logon IS NULL THEN 'traces' ELSE 'traces after a logon' END AS way, object
FROM found
WHERE place = 1
