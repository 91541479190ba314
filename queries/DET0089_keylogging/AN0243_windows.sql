-- id: AN0243
-- name: Keyboard read by a program, a script or a driver
-- strategy: DET0089
-- technique: T1056.001
-- tactics: Collection, Credential Access
-- platform: windows
-- description: A program outside InputPrograms hooks the keyboard, reads it as raw input in the background, polls keys,
--   opens the keyboard's device or is noted as a user of DirectInput; a script holds the functions that tell which keys
--   are down or hook them; a process outside those folders takes full access to the session's own programs again and
--   again within the window; or something that does not install drivers puts a filter before the keyboard's, given with
--   a driver installed shortly before. Or a program outside those folders, or one of Windows in which implants live,
--   makes a file that is named as a log of keys.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security, WinEventLog:System
-- tables: api_calls, service_changes
-- extra: way, object
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TargetImage | text | executable name | winlogon.exe | TargetImage | Programs of the session that see what is typed.
--   TargetImage | text | executable name | osk.exe | TargetImage | Programs of the session that see what is typed.
--   TargetImage | text | executable name | ctfmon.exe | TargetImage | Programs of the session that see what is typed.
--   TargetImage | text | executable name | dwm.exe | TargetImage | Programs of the session that see what is typed.
--   AccessMask | text | rights | PROCESS_ALL_ACCESS | AccessMask | Rights that let a process inject code.
--   TimeWindow | window | seconds | 300 | TimeWindow | How close together accesses are, how long before a filter its driver was installed, and how long one program counts once.
--   AccessThreshold | count | accesses | 2 | apiwatch | How many such accesses count.
--   InputCalls | text | API | SetWindowsHookEx | apiwatch | Calls by which a program sees what others are typed.
--   InputCalls | text | API | RegisterRawInputDevices | apiwatch | Calls by which a program sees what others are typed.
--   InputCalls | text | API | GetAsyncKeyState | apiwatch | Calls by which a program sees what others are typed.
--   InputArguments | like | arguments | %WH_KEYBOARD% | apiwatch | What makes such a call one about the keyboard of others.
--   InputArguments | like | arguments | %WH_JOURNALRECORD% | apiwatch | What makes such a call one about the keyboard of others.
--   InputArguments | like | arguments | %usage=6 flags=%INPUTSINK% | apiwatch | What makes such a call one about the keyboard of others.
--   InputArguments | like | arguments | %background_calls=% | apiwatch | What makes such a call one about the keyboard of others.
--   KeyPatterns | like | script | %GetAsyncKeyState% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %GetKeyboardState% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %GetKeyState(% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %SetWindowsHookEx%WH\_KEYBOARD% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %WH\_KEYBOARD%SetWindowsHookEx% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %SetWindowsHookEx%LowLevelKeyboardProc% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %GetRawInputData% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %SetWindowsHookEx%(13,% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %SetWindowsHookEx%, 13,% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %Get-Keystrokes% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %Start-KeyLogger% | apiwatch | Functions that tell which keys are down.
--   KeyPatterns | like | script | %Invoke-KeyLogger% | apiwatch | Functions that tell which keys are down.
--   WatchedValues | text | last part of a path | UpperFilters | apiwatch | Last parts of the values and devices below.
--   WatchedValues | text | last part of a path | LowerFilters | apiwatch | Last parts of the values and devices below.
--   WatchedValues | text | last part of a path | MostRecentStart | apiwatch | Last parts of the values and devices below.
--   WatchedValues | text | last part of a path | Name | apiwatch | Last parts of the values and devices below.
--   WatchedValues | text | last part of a path | KeyboardClass0 | apiwatch | Last parts of the values and devices below.
--   WatchedValues | text | last part of a path | KeyboardClass1 | apiwatch | Last parts of the values and devices below.
--   KeyboardKeys | like | registry value | %\\Control\\Class\\{4D36E96B-E325-11CE-BFC1-08002BE10318}\\UpperFilters | apiwatch | Where filters of the keyboard stand.
--   KeyboardKeys | like | registry value | %\\Control\\Class\\{4D36E96B-E325-11CE-BFC1-08002BE10318}\\LowerFilters | apiwatch | Where filters of the keyboard stand.
--   DirectInputKeys | like | registry value | %\\DirectInput\\MostRecentApplication\\% | apiwatch | Where Windows keeps who opened a device through DirectInput.
--   InputPrograms | like | executable path | C:\\Windows\\% | apiwatch | Where programs that may do so lie; games among them.
--   InputPrograms | like | executable path | _:\\Program Files\\% | apiwatch | Where programs that may do so lie; games among them.
--   InputPrograms | like | executable path | _:\\Program Files (x86)\\% | apiwatch | Where programs that may do so lie; games among them.
--   InputPrograms | like | executable path | %\\steamapps\\% | apiwatch | Where programs that may do so lie; games among them.
--   InputPrograms | like | executable path | %\\AppData\\Local\\Programs\\% | apiwatch | Where programs that may do so lie; games among them.
--   InputPrograms | like | executable path | C:\\ProgramData\\Microsoft\\Windows Defender\\% | apiwatch | Where programs that may do so lie; games among them.
--   FilterInstallers | like | executable path | C:\\Windows\\System32\\drvinst.exe | apiwatch | Programs of Windows that install drivers.
--   FilterInstallers | like | executable path | C:\\Windows\\System32\\svchost.exe | apiwatch | Programs of Windows that install drivers.
--   FilterInstallers | like | executable path | C:\\Windows\\System32\\poqexec.exe | apiwatch | Programs of Windows that install drivers.
--   FilterInstallers | like | executable path | C:\\Windows\\servicing\\% | apiwatch | Programs of Windows that install drivers.
--   FilterInstallers | like | executable path | C:\\Windows\\System32\\msiexec.exe | apiwatch | Programs of Windows that install drivers.
--   KeyLogFiles | like | file | %keylog%.txt | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %keylog%.log | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %keylog%.dat | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %keylog%.db | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %keystroke%.txt | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %keystroke%.log | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %keystroke%.dat | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\klog.___ | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\klog%.txt | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\klg\_% | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\kl.log | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\keys.log | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\keys.dat | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\dclogs\\% | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\remcos\\%.dat | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\remcos\\%.txt | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\%\\logs.dat | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\ProgramData\\%\\logs.dat | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\Logs\\%\\KB\_%.dat | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\Logs\\%\\KB\_% | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\Logs\\__-__-____ | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\Logs\\____-__-__ | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\%\\Logs\\__-__-____ | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\Imminent\\Logs\\% | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\Microsoft Vision\\% | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\%\\log.tmp | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Local\\Temp\\log.tmp | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Local\\Temp\\%\\log.tmp | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\%logrc.ini | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\%logri.ini | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\%logrv.ini | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\%logim.jpeg | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\Roaming\\%.plg | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\SnakeKeylogger\\% | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\KeyData.___ | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\keyboard.log | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\pwgrab%.txt | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   KeyLogFiles | like | file | %\\AppData\\%\\typed%.log | apiwatch | Names under which implants and hidden recorders keep what was typed: by day, by window or in one log beside the program.
--   BorrowedHosts | text | executable name | regsvr32.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | rundll32.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | mshta.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | wscript.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | cscript.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | powershell.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | pwsh.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | msbuild.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | installutil.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | regasm.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | regsvcs.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | applaunch.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | vbc.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | aspnet_compiler.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | svchost.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | explorer.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | iexplore.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | dllhost.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | notepad.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
--   BorrowedHosts | text | executable name | svchosts.exe | apiwatch | Programs of Windows in which implants live: they, too, are reported for a log of keys.
-- benign:
--   A game or an emulator that runs from a user's folder and reads the keyboard through DirectInput.
--   Hot-key and accessibility tools without an installation.
--   An installer of a keyboard driver that writes its filter itself.
-- limits:
--   Accesses, the filter and DirectInput need WinEventLog:Sysmon (10, 13) or audited keys, the device audited objects (4663, 4656), drivers WinEventLog:System (7045),
--   scripts WinEventLog:PowerShell; hooks, raw input and key polling are seen only with the trace of Microsoft-Windows-Win32k.
--   GetKeyState and GetKeyboardState raise no event: they are seen in scripts only.
--   A driver that filters the keyboard without being entered in its class is not seen.
--   A log of keys is known by its name alone: one with a name of its own shows only by how the keys are read.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0089
--   https://learn.microsoft.com/en-us/windows-hardware/drivers/hid/keyboard-and-mouse-class-drivers
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0243'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, object_name, target_path, arguments, path, process_key, computer FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('TargetImage', 'WatchedValues')) AND api IN ('OpenProcess', 'RegSetValueEx', 'CreateFile')
),
input AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, target_path, path, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls' UNION SELECT 'ScriptBlock' UNION SELECT 'AmsiScanBuffer' UNION SELECT 'CreateFile')
    AND arguments_like IN (SELECT CASE element WHEN 'KeyLogFiles' THEN '%file=' WHEN 'KeyPatterns' THEN '%script=' ELSE '' END || value FROM t WHERE element IN ('InputArguments', 'KeyPatterns', 'KeyLogFiles'))
),
filters AS MATERIALIZED (
  SELECT * FROM seen WHERE api = 'RegSetValueEx' AND EXISTS (SELECT 1 FROM t WHERE element = 'KeyboardKeys' AND target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'FilterInstallers' AND path LIKE value ESCAPE '\')
),
drivers AS MATERIALIZED (
  SELECT eid, time_ns, service_name, computer FROM service_changes WHERE action = 'create' AND service_type LIKE '%driver%' LIMIT -EXISTS (SELECT 1 FROM filters)
),
ways AS (
  SELECT eid, time_ns, process_key, computer, path, target_path AS object, 'takes full access to a program that sees what is typed' AS way FROM (
    SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'AccessThreshold'))) OVER (PARTITION BY computer, process_key ORDER BY eid) AS first FROM seen
    WHERE api = 'OpenProcess' AND path <> '' AND EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND instr(arguments, value))
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\'))
  WHERE time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, target_path, 'opened the keyboard' FROM seen
  WHERE (api = 'CreateFile' AND target_path LIKE '%\KeyboardClass%' OR api = 'RegSetValueEx' AND EXISTS (SELECT 1 FROM t WHERE element = 'DirectInputKeys' AND target_path LIKE value ESCAPE '\'))
    AND path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, arguments, 'calls ' || api FROM input
  WHERE api NOT IN ('ScriptBlock', 'AmsiScanBuffer', 'CreateFile') AND EXISTS (SELECT 1 FROM t WHERE element = 'InputArguments' AND arguments LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, 'a script', 'asks which keys are down or hooks them' FROM input WHERE api IN ('ScriptBlock', 'AmsiScanBuffer')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, target_path, 'keeps a log of keys' FROM input
  WHERE api = 'CreateFile' AND path <> '' AND (lower(regex_match(path, '[^\\]+$', 0)) IN (SELECT value FROM t WHERE element = 'BorrowedHosts') OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\'))
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, target_path, 'puts a filter before the keyboard' FROM filters
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, process_key ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
),
found AS (
  SELECT *, CASE WHEN eid IN (SELECT eid FROM filters) THEN (SELECT max(d.eid) FROM drivers AS d WHERE d.computer = o.computer AND d.eid < o.eid
    AND o.time_ns - d.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) END AS driver
  FROM ordered AS o WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
)
SELECT eid, coalesce(driver || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || way || ': ' || object
    || coalesce(', after the driver ' || (SELECT service_name FROM drivers WHERE drivers.eid = driver), '') AS summary, way, object
FROM found
