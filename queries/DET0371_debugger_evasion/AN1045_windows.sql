-- id: AN1045
-- name: Debugger looked for by a program or a script
-- strategy: DET0371
-- technique: T1622
-- tactics: Defense Evasion, Discovery
-- platform: windows
-- description: A script asks whether a debugger is attached or whether one runs, a command looks for debuggers and analysis tools by name
--   or ends them, or a program calls the functions that tell of a debugger, or floods one with strings, more often than the
--   threshold within the window.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Kernel-Process
-- tables: api_calls, script_blocks
-- extra: way, object
-- pyramid_level: 3
-- severity: medium
-- interval: 30
-- window: TimeWindow
-- tuning:
--   ApiCallFrequencyThreshold | count | calls | 3 | ApiCallFrequencyThreshold | How many calls about debuggers one program may make within the window.
--   ProcessAllowList | like | executable path | _:\\Program Files\\Windows Kits\\% | ProcessAllowList | Debuggers and development tools, as callers or as those who start the command.
--   ProcessAllowList | like | executable path | _:\\Program Files (x86)\\Windows Kits\\% | ProcessAllowList | Debuggers and development tools, as callers or as those who start the command.
--   ProcessAllowList | like | executable path | _:\\Program Files\\Microsoft Visual Studio\\% | ProcessAllowList | Debuggers and development tools, as callers or as those who start the command.
--   ProcessAllowList | like | executable path | _:\\Program Files (x86)\\Microsoft Visual Studio\\% | ProcessAllowList | Debuggers and development tools, as callers or as those who start the command.
--   ProcessAllowList | like | executable path | _:\\Program Files\\JetBrains\\% | ProcessAllowList | Debuggers and development tools, as callers or as those who start the command.
--   ProcessAllowList | like | executable path | _:\\Program Files\\IDA% | ProcessAllowList | Debuggers and development tools, as callers or as those who start the command.
--   ProcessAllowList | like | executable path | %\\Microsoft VS Code\\Code.exe | ProcessAllowList | Debuggers and development tools, as callers or as those who start the command.
--   TimeWindow | window | seconds | 60 | apiwatch | Within which calls are counted; one program counts once in ten times that.
--   DebugCalls | text | API | IsDebuggerPresent | apiwatch | Calls about debuggers, where a feed has them.
--   DebugCalls | text | API | CheckRemoteDebuggerPresent | apiwatch | Calls about debuggers, where a feed has them.
--   DebugCalls | text | API | NtQueryInformationProcess | apiwatch | Calls about debuggers, where a feed has them.
--   DebugCalls | text | API | NtSetInformationThread | apiwatch | Calls about debuggers, where a feed has them.
--   DebugCalls | text | API | OutputDebugStringA | apiwatch | Calls about debuggers, where a feed has them.
--   DebugCalls | text | API | OutputDebugStringW | apiwatch | Calls about debuggers, where a feed has them.
--   DebugCalls | text | API | NtQuerySystemInformation | apiwatch | Calls about debuggers, where a feed has them.
--   DebugCalls | text | API | DebugActiveProcess | apiwatch | Calls about debuggers, where a feed has them.
--   Commands | text | executable name | tasklist.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | findstr.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | find.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | taskkill.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | wmic.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | powershell.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | pwsh.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | cmd.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | sc.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   Commands | text | executable name | reg.exe | apiwatch | Programs whose command lines are held against DebuggerNames.
--   DebuggerNames | like | command line | %x64dbg% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %x32dbg% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %ollydbg% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %windbg% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %immunitydebugger% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %ida64.exe% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %idaq% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %dnspy% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %cheatengine% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %IsDebuggerPresent% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %CheckRemoteDebuggerPresent% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %Diagnostics.Debugger]::IsAttached% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %ProcessName -match%dbg% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %ProcessName -match%debug% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %tasklist%wireshark% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %findstr%wireshark% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %taskkill%wireshark% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %get-process%wireshark% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %tasklist%procmon% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %findstr%procmon% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %taskkill%procmon% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %get-process%procmon% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %tasklist%procexp% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %findstr%procexp% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %taskkill%procexp% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %get-process%procexp% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %tasklist%processhacker% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %findstr%processhacker% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %taskkill%processhacker% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %get-process%processhacker% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %tasklist%fiddler% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %findstr%fiddler% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %taskkill%fiddler% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %get-process%fiddler% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %tasklist%ghidra% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %findstr%ghidra% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %taskkill%ghidra% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %get-process%ghidra% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %ida64% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %idag.exe% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %immunity debugger% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %scylla% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %BeingDebugged% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerNames | like | command line | %NtQueryInformationProcess% | apiwatch | Debuggers and questions for them in a command line.
--   DebuggerScripts | like | script | %IsDebuggerPresent% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %CheckRemoteDebuggerPresent% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Diagnostics.Debugger]::IsAttached% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %NtQueryInformationProcess%Debug% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %ProcessName -match%debugg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%ImmunityDebugger% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %BeingDebugged% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%x64dbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%x32dbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%ollydbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%windbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%dnspy% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%ida64% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%wireshark% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%procmon% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Get-Process%processhacker% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %OutputDebugString% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %ThreadHideFromDebugger% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %DbgUiRemoteBreakin% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %DebugActiveProcess% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %ProcessDebugPort% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %NtGlobalFlag% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %ProcessName -match%x64dbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %ProcessName%ollydbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Name%-match%windbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Win32\_Process%x64dbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Win32\_Process%ollydbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %Debugger.IsAttached% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %x64dbg%Get-Process% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %ollydbg%Get-Process% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %wireshark%Get-Process% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %x64dbg%ollydbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   DebuggerScripts | like | script | %ollydbg%x64dbg% | apiwatch | The same in scripts; only those that speak of a debugger or that function somewhere are looked at.
--   ScriptOwners | like | script file | _:\\Program Files\\% | apiwatch | Where installed modules lie; their scripts are not looked at.
--   ScriptOwners | like | script file | _:\\Program Files (x86)\\% | apiwatch | Where installed modules lie; their scripts are not looked at.
--   ScriptOwners | like | script file | _:\\Windows\\System32\\WindowsPowerShell\\v1.0\\Modules\\% | apiwatch | Where installed modules lie; their scripts are not looked at.
-- benign:
--   A developer's script or build that handles an attached debugger.
--   An inventory that searches for debuggers by name.
-- limits:
--   Commands need process creation with command lines (WinEventLog:Sysmon or WinEventLog:Security), scripts WinEventLog:PowerShell.
--   IsDebuggerPresent and a reading of the process environment block never enter the kernel, and no provider tells of NtQueryInformationProcess (etw:Microsoft-Windows-Kernel-Process does not): calls are seen only where a feed records APIs, such as a sandbox's report.
--   Checks inside a compiled program are not seen otherwise.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0371
--   https://learn.microsoft.com/en-us/windows/win32/api/debugapi/nf-debugapi-isdebuggerpresent
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1045'
),
called AS MATERIALIZED (
  SELECT eid, time_ns, api, path, user, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'DebugCalls') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessAllowList' AND path LIKE value ESCAPE '\')
),
commands AS MATERIALIZED (
  SELECT eid, time_ns, cmdline, path, user, process_key, parent_process_key, computer FROM api_calls
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Commands') AND api = 'CreateProcess'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessAllowList' AND parent_path LIKE value ESCAPE '\')
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, user, process_key, computer FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'DebuggerScripts') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ScriptOwners' AND script_path LIKE value ESCAPE '\')
),
counted AS (
  SELECT *, lag(time_ns, (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ApiCallFrequencyThreshold')) OVER (PARTITION BY computer, process_key ORDER BY eid) AS first,
    lag(eid, (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ApiCallFrequencyThreshold')) OVER (PARTITION BY computer, process_key ORDER BY eid) AS first_eid FROM called
),
ways AS (
  SELECT eid, time_ns, computer, process_key AS actor, path, api AS object, 'asks for a debugger again and again' AS way, first_eid FROM counted
  WHERE time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, time_ns, computer, parent_process_key, path, cmdline, 'looks for debuggers', NULL FROM commands
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'DebuggerNames' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, coalesce(nullif(process_key, ''), user), path, replace(substr(script_text, 1, 200), char(10), ' '), 'asks for a debugger in a script', NULL FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'DebuggerScripts' AND script_text LIKE value ESCAPE '\')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, actor ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, coalesce(first_eid || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || way || ': ' || object AS summary, way, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 10 * 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
