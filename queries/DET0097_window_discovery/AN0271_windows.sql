-- id: AN0271
-- name: Open windows listed by a script or a foreign program
-- strategy: DET0097
-- technique: T1010
-- tactics: Discovery
-- platform: windows
-- description: A script or a command line asks for the titles of windows or names the functions that list windows or tell
--   which has the focus, a command prints processes with their windows, or a program outside the program folders looks up
--   the processes of many windows from within the window functions in a short time.
-- log_sources: WinEventLog:Sysmon, WinEventLog:PowerShell
-- tables: api_calls, script_blocks, process_accesses
-- extra: way, object
-- pyramid_level: 3
-- severity: low
-- interval: 30
-- window: TimeWindow
-- tuning:
--   AccessedFunction | like | script | %MainWindowTitle% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %EnumWindows% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %EnumDesktopWindows% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %EnumChildWindows% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %GetForegroundWindow%GetWindowText% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %GetWindowText% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %GetForegroundWindow% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %EnumThreadWindows% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %FindWindowEx% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %AutomationElement]::RootElement% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %MainWindowHandle%-ne% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   AccessedFunction | like | script | %Shell.Application%.Windows()% | AccessedFunction | Functions and properties that tell of windows, in scripts and command lines.
--   UserContext | like | user name | % | UserContext | Users whose listing counts; % is everyone.
--   TimeWindow | window | seconds | 60 | TimeWindow | How close together the look-ups are; one program counts once in ten times that.
--   DistinctWindows | count | processes | 5 | apiwatch | How many different processes a program must look up from within the window functions.
--   WindowFrames | like | call trace | %user32.dll% | apiwatch | Modules in the stack of a look-up that is made for each window.
--   Listers | text | executable name | tasklist.exe | apiwatch | Programs whose command lines are held against ListCommands and AccessedFunction.
--   Listers | text | executable name | powershell.exe | apiwatch | Programs whose command lines are held against ListCommands and AccessedFunction.
--   Listers | text | executable name | pwsh.exe | apiwatch | Programs whose command lines are held against ListCommands and AccessedFunction.
--   Listers | text | executable name | cmd.exe | apiwatch | Programs whose command lines are held against ListCommands and AccessedFunction.
--   Listers | text | executable name | wmic.exe | apiwatch | Programs whose command lines are held against ListCommands and AccessedFunction.
--   ListCommands | like | command line | %tasklist%/v% | apiwatch | Commands that print windows.
--   ListCommands | like | command line | %tasklist%-v% | apiwatch | Commands that print windows.
--   ListCommands | like | command line | %tasklist%windowtitle% | apiwatch | Commands that print windows.
--   ListCommands | like | command line | %tasklist% -fo%-v% | apiwatch | Commands that print windows.
--   ListCommands | like | command line | %tasklist%/fi%window% | apiwatch | Commands that print windows.
--   ListCommands | like | command line | %tasklist%-fi%window% | apiwatch | Commands that print windows.
--   WindowPrograms | like | executable path | C:\\Windows\\% | apiwatch | Where programs lie that arrange or record windows by right.
--   WindowPrograms | like | executable path | _:\\Program Files\\% | apiwatch | Where programs lie that arrange or record windows by right.
--   WindowPrograms | like | executable path | _:\\Program Files (x86)\\% | apiwatch | Where programs lie that arrange or record windows by right.
--   WindowPrograms | like | executable path | %\\AppData\\Local\\Programs\\% | apiwatch | Where programs lie that arrange or record windows by right.
--   WindowPrograms | like | executable path | %\\AppData\\Local\\Microsoft\\% | apiwatch | Where programs lie that arrange or record windows by right.
-- benign:
--   Inventory and support scripts that print window titles.
--   Window managers and time trackers that run from a user's folder.
-- limits:
--   Look-ups need WinEventLog:Sysmon's event 10 with its call trace, commands process creation with command lines, scripts WinEventLog:PowerShell.
--   EnumWindows and GetForegroundWindow raise no event: they are seen in scripts and by the look-up of each window's process.
--   A look-up by a program of Windows or of the program folders is not counted; of scripts only those that hold WindowT… or Enum…Windows are read.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0097
--   https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-enumwindows
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0271'
),
commands AS MATERIALIZED (
  SELECT eid, time_ns, cmdline, path, user, process_key, computer FROM api_calls
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Listers') AND api = 'CreateProcess'
    AND arguments_like IN (SELECT value FROM t WHERE element IN ('ListCommands', 'AccessedFunction'))
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, user, process_key, computer FROM script_blocks WHERE script_text_like IN (SELECT value FROM t WHERE element = 'AccessedFunction')
),
looked_up AS MATERIALIZED (
  SELECT eid, time_ns, path, user, process_key, computer, target_process_key FROM process_accesses
  WHERE system_path = 0 AND call_trace LIKE '%user32%' AND path <> '' AND target_process_key <> process_key
    AND EXISTS (SELECT 1 FROM t WHERE element = 'WindowFrames' AND call_trace LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'WindowPrograms' AND path LIKE value ESCAPE '\')
),
new_targets AS (
  SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctWindows'))) OVER (PARTITION BY computer, process_key ORDER BY eid) AS first
  FROM (SELECT *, row_number() OVER (PARTITION BY computer, process_key, target_process_key ORDER BY eid) AS again FROM looked_up) WHERE again = 1
),
ways AS (
  SELECT eid, time_ns, computer, process_key, user, path, cmdline AS object, 'prints windows' AS way FROM commands
  WHERE EXISTS (SELECT 1 FROM t WHERE element IN ('ListCommands', 'AccessedFunction') AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, process_key, user, path, replace(substr(script_text, 1, 200), char(10), ' '), 'asks for windows in a script' FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'AccessedFunction' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, process_key, user, path, 'many windows', 'looks up the processes of windows' FROM new_targets
  WHERE time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || way || ': ' || object AS summary, way, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 10 * 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
