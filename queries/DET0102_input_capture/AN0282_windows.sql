-- id: AN0282
-- name: What a user types taken by a prompt, a hook or the logon process
-- strategy: DET0102
-- technique: T1056
-- tactics: Collection, Credential Access
-- platform: windows
-- description: A script, or PowerShell by its command line, asks the user for a password and takes it out of the prompt
--   in clear; a program outside InputPrograms hooks the keyboard, registers for raw input in the background or polls
--   the keys, or reaches for writing (again within the window) or with a thread into programs that users type passwords
--   into; or something other than an installer opens the keyboard device or makes a logon page anew. Told as well: a
--   command that puts a library into a running program.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: api_calls, script_blocks
-- extra: way, object
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TargetImage | text | executable name | winlogon.exe | TargetImage | Programs that users type passwords into; explorer.exe may be added where little else reaches into it.
--   TargetImage | text | executable name | LogonUI.exe | TargetImage | Programs that users type passwords into; explorer.exe may be added where little else reaches into it.
--   TargetImage | text | executable name | CredentialUIBroker.exe | TargetImage | Programs that users type passwords into; explorer.exe may be added where little else reaches into it.
--   TargetImage | text | executable name | consent.exe | TargetImage | Programs that users type passwords into; explorer.exe may be added where little else reaches into it.
--   TargetImage | text | executable name | mstsc.exe | TargetImage | Programs that users type passwords into; explorer.exe may be added where little else reaches into it.
--   TargetImage | text | executable name | runas.exe | TargetImage | Programs that users type passwords into; explorer.exe may be added where little else reaches into it.
--   TargetImage | text | executable name | osk.exe | TargetImage | Programs that users type passwords into; explorer.exe may be added where little else reaches into it.
--   TimeWindow | window | seconds | 300 | TimeWindow | How close together the accesses to such a program are, and how long one program counts once.
--   AccessThreshold | count | accesses | 2 | apiwatch | How many accesses to such programs that could write to them count; a thread started in one counts by itself.
--   InputCalls | text | API | SetWindowsHookEx | apiwatch | Calls by which a program sees what others are typed.
--   InputCalls | text | API | RegisterRawInputDevices | apiwatch | Calls by which a program sees what others are typed.
--   InputCalls | text | API | GetAsyncKeyState | apiwatch | Calls by which a program sees what others are typed.
--   InputArguments | like | arguments | %WH_KEYBOARD% | apiwatch | What makes such a call one about the keyboard of others.
--   InputArguments | like | arguments | %WH_JOURNALRECORD% | apiwatch | What makes such a call one about the keyboard of others.
--   InputArguments | like | arguments | %usage=6 flags=%INPUTSINK% | apiwatch | What makes such a call one about the keyboard of others.
--   InputArguments | like | arguments | %background_calls=% | apiwatch | What makes such a call one about the keyboard of others.
--   PromptPatterns | like | script | %PromptForCredential(%GetNetworkCredential% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %PromptForCredential(%ValidateCredentials% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %PromptForCredential(%.Password% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %CredUIPromptForWindowsCredentials%CredUnPackAuthenticationBuffer% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %CredUIPromptForCredentials% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %Get-Credential%-Message%GetNetworkCredential().Password% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %UseSystemPasswordChar% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %PasswordChar%ShowDialog% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %ShowDialog%PasswordChar% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %UserCredentialsDialog% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %Invoke-LoginPrompt% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %Invoke-CredentialPhisher% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %InputBox(%assword% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %Get-Credential%ValidateCredentials% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %CredentialPicker]% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %LogonUser(%PromptForCredential% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %Get-Credential%GetNetworkCredential% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %PromptForCredential%Out-File% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %PromptForCredential%UploadString% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptPatterns | like | script | %PromptForCredential%Invoke-WebRequest% | apiwatch | Scripts that show a prompt for a password and take it out again.
--   PromptCommands | like | command line | %PromptForCredential% | apiwatch | The same on a command line.
--   PromptCommands | like | command line | %CredUIPrompt% | apiwatch | The same on a command line.
--   PromptCommands | like | command line | %Get-Credential%GetNetworkCredential% | apiwatch | The same on a command line.
--   PromptCommands | like | command line | %CredentialPicker% | apiwatch | The same on a command line.
--   PromptCommands | like | command line | %InputBox(%assword% | apiwatch | The same on a command line.
--   PromptCommands | like | command line | %UseSystemPasswordChar% | apiwatch | The same on a command line.
--   Shells | text | executable name | powershell.exe | apiwatch | Programs whose command lines are held against PromptCommands.
--   Shells | text | executable name | pwsh.exe | apiwatch | Programs whose command lines are held against PromptCommands.
--   LogonFiles | like | file | %\\owa\\auth\\% | apiwatch | Logon pages and keyboard devices.
--   LogonFiles | like | file | %\\inetpub\\%\\logon.aspx | apiwatch | Logon pages and keyboard devices.
--   LogonFiles | like | file | %\\KeyboardClass% | apiwatch | Logon pages and keyboard devices.
--   LogonFiles | like | file | %\\adfs\\% | apiwatch | Logon pages and keyboard devices.
--   LogonObjects | text | last part of a path | logon.aspx | apiwatch | Last parts of their names.
--   LogonObjects | text | last part of a path | logon.js | apiwatch | Last parts of their names.
--   LogonObjects | text | last part of a path | flogon.js | apiwatch | Last parts of their names.
--   LogonObjects | text | last part of a path | onload.js | apiwatch | Last parts of their names.
--   LogonObjects | text | last part of a path | KeyboardClass0 | apiwatch | Last parts of their names.
--   LogonObjects | text | last part of a path | KeyboardClass1 | apiwatch | Last parts of their names.
--   InputPrograms | like | executable path | C:\\Windows\\% | apiwatch | Where programs that may do so lie.
--   InputPrograms | like | executable path | C:\\Program Files\\% | apiwatch | Where programs that may do so lie.
--   InputPrograms | like | executable path | C:\\Program Files (x86)\\% | apiwatch | Where programs that may do so lie.
--   InputPrograms | like | executable path | C:\\ProgramData\\Microsoft\\Windows Defender\\% | apiwatch | Where programs that may do so lie.
--   InputPrograms | like | executable path | %\\AppData\\Local\\Microsoft\\Teams\\%\\Teams.exe | apiwatch | Where programs that may do so lie.
--   InputPrograms | like | executable path | %\\AppData\\Local\\Programs\\%.exe | apiwatch | Where programs that may do so lie.
--   PageInstallers | like | executable path | C:\\Windows\\servicing\\% | apiwatch | Programs that bring logon pages by right.
--   PageInstallers | like | executable path | C:\\Windows\\System32\\msiexec.exe | apiwatch | Programs that bring logon pages by right.
--   PageInstallers | like | executable path | C:\\Windows\\SysWOW64\\msiexec.exe | apiwatch | Programs that bring logon pages by right.
--   HookCommands | like | command line | %/INJECTRUNNING% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %-INJECTRUNNING% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %chrome.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %firefox.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %msedge.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %iexplore.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %putty.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %outlook.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %lync.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %slack.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   HookCommands | like | command line | %.dll %winscp.exe% | apiwatch | A library given with a running program that users type into, as those do that hook functions there.
--   OrdinaryLibraries | like | command line | %\\System32\\AppVEntSubsystems% | apiwatch | Libraries that Windows itself puts into programs so.
-- benign:
--   An administrator's script that asks for credentials and needs them in clear for another program.
--   Remote control and hot-key tools that run from a user's folder.
--   An update of a mail or federation server that replaces its logon page.
-- limits:
--   Accesses, threads and files need WinEventLog:Sysmon (10, 8, 11), the device audited objects (4663, 4656), scripts WinEventLog:PowerShell, commands process creation;
--   hooks, raw input and key polling are seen only with the trace of Microsoft-Windows-Win32k.
--   GetKeyState, GetKeyboardState and messages between windows raise no event.
--   A prompt made by a compiled program is not seen; of an access to a program by Sysmon the purpose is not known.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0102
--   https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-setwindowshookexa
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0282'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, object_name, target_path, arguments, path, cmdline, process_key, computer FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('TargetImage', 'LogonObjects', 'Shells')) AND api IN ('OpenProcess', 'CreateRemoteThread', 'CreateFile', 'CreateProcess')
),
input AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, path, cmdline, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls' UNION SELECT 'CreateProcess') AND arguments_like IN (SELECT value FROM t WHERE element IN ('InputArguments', 'HookCommands'))
),
prompts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, process_key, computer FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'PromptPatterns')
),
foreign_access AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, computer ORDER BY eid) AS accesses FROM seen
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'TargetImage') AND api IN ('OpenProcess', 'CreateRemoteThread') AND path <> '' AND lower(path) <> lower(target_path)
    AND (api = 'CreateRemoteThread' OR arguments LIKE '%VM_WRITE%' OR arguments LIKE '%ALL_ACCESS%')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
),
ways AS (
  SELECT eid, time_ns, process_key, computer, path, target_path AS object, 'reaches into a program that users type passwords into' AS way FROM (
    SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'AccessThreshold'))) OVER (PARTITION BY process_key, computer ORDER BY eid) AS first FROM foreign_access)
  WHERE api = 'CreateRemoteThread' OR time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, arguments, 'calls ' || api FROM input
  WHERE api <> 'CreateProcess' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'InputArguments' AND arguments LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, replace(substr(script_text, 1, 200), char(10), ' '), 'asks for a password and takes it out in clear' FROM prompts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'PromptPatterns' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, cmdline, 'asks for a password' FROM seen
  WHERE api = 'CreateProcess' AND object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Shells') AND EXISTS (SELECT 1 FROM t WHERE element = 'PromptCommands' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, cmdline, 'puts a library into a running program' FROM input
  WHERE api = 'CreateProcess' AND path NOT LIKE '_:\Program Files%' AND EXISTS (SELECT 1 FROM t WHERE element = 'HookCommands' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryLibraries' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, target_path, 'opens a keyboard or changes a logon page' FROM seen
  WHERE api = 'CreateFile' AND EXISTS (SELECT 1 FROM t WHERE element = 'LogonFiles' AND target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PageInstallers' AND path LIKE value ESCAPE '\')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, process_key ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || way || ': ' || object AS summary, way, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
