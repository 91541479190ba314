-- id: AN0619
-- name: Microphone used by a program that has no business with it
-- strategy: DET0221
-- technique: T1123
-- tactics: Collection
-- platform: windows
-- description: Windows notes that a program outside the places of approved ones used the microphone, or that a host of
--   scripts did; such a host loads several libraries of sound capture, or another foreign program loads one and within
--   the window writes a sound file outside the allowed folders; or a command or a script says that it records from a
--   microphone, or writes the note of its use.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: api_calls, file_changes
-- extra: way, object
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 600 | TimeWindow | Longest time from the libraries to the file, and how long one program counts once.
--   TargetProcess | like | executable path | C:\\Program Files\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | C:\\Program Files (x86)\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | C:\\Windows\\System32\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | C:\\Windows\\SysWOW64\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | C:\\Windows\\SystemApps\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | C:\\Windows\\ImmersiveControlPanel\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | C:\\Windows\\explorer.exe | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Local\\Microsoft\\Teams\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Roaming\\Zoom\\bin\\Zoom.exe | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Local\\Discord\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Roaming\\Spotify\\Spotify.exe | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Local\\slack\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Local\\WebEx\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Local\\GoToMeeting\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   TargetProcess | like | executable path | %\\AppData\\Local\\Programs\\% | TargetProcess | Programs approved to use the microphone, by where they lie; ScriptHosts are never among them.
--   WriteDirectory | like | file | %\\Music\\% | WriteDirectory | Folders where people keep sound.
--   WriteDirectory | like | file | %\\Videos\\% | WriteDirectory | Folders where people keep sound.
--   WriteDirectory | like | file | %\\Documents\\% | WriteDirectory | Folders where people keep sound.
--   WriteDirectory | like | file | %\\Documents\\Sound Recordings\\% | WriteDirectory | Folders where people keep sound.
--   ScriptHosts | text | executable name | powershell.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | pwsh.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | cmd.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | rundll32.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | regsvr32.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | wscript.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | cscript.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | mshta.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | msbuild.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | installutil.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | dllhost.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   ScriptHosts | text | executable name | notepad.exe | apiwatch | Programs of Windows that run the code of others, and favourite targets of injection.
--   AudioLibraries | text | library | AudioSes.dll | apiwatch | Libraries of sound; winmm.dll is left out, everything loads it.
--   AudioLibraries | text | library | MMDevAPI.dll | apiwatch | Libraries of sound; winmm.dll is left out, everything loads it.
--   AudioLibraries | text | library | wdmaud.drv | apiwatch | Libraries of sound; winmm.dll is left out, everything loads it.
--   AudioLibraries | text | library | msacm32.drv | apiwatch | Libraries of sound; winmm.dll is left out, everything loads it.
--   AudioLibraries | text | library | avrt.dll | apiwatch | Libraries of sound; winmm.dll is left out, everything loads it.
--   AudioLibraries | text | library | dsound.dll | apiwatch | Libraries of sound; winmm.dll is left out, everything loads it.
--   DistinctLibraries | count | libraries | 2 | apiwatch | How many of them a host of scripts must load.
--   AudioExtensions | like | file | %.wav | apiwatch | Files of sound.
--   AudioExtensions | like | file | %.mp3 | apiwatch | Files of sound.
--   AudioExtensions | like | file | %.m4a | apiwatch | Files of sound.
--   AudioExtensions | like | file | %.ogg | apiwatch | Files of sound.
--   AudioExtensions | like | file | %.wma | apiwatch | Files of sound.
--   AudioExtensions | like | file | %.flac | apiwatch | Files of sound.
--   AudioExtensions | like | file | %.aac | apiwatch | Files of sound.
--   AudioExtensions | like | file | %.opus | apiwatch | Files of sound.
--   UseValues | text | last part of a path | LastUsedTimeStart | apiwatch | Values by which Windows notes the use of a device.
--   UseValues | text | last part of a path | LastUsedTimeStop | apiwatch | Values by which Windows notes the use of a device.
--   Recorders | text | executable name | soundrecorder.exe | apiwatch | Programs whose command lines are held against RecorderCommands.
--   Recorders | text | executable name | powershell.exe | apiwatch | Programs whose command lines are held against RecorderCommands.
--   Recorders | text | executable name | pwsh.exe | apiwatch | Programs whose command lines are held against RecorderCommands.
--   RecorderCommands | like | command line | %soundrecorder%/file% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %AudioDevice-Powershell-Cmdlet% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %Get-MicrophoneAudio% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %mciSendString%record% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %-f dshow%audio=% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %-f waveaudio% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %-t waveaudio% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %ConsentStore\\microphone\\% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %WindowsAudioDevice-Powershell-Cmdlet% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %waveInOpen% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %-f alsa% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %-f pulse% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %microphone%.wav% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %microphone%.mp3% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %--record%.wav% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %-record%.wav% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %audio%record%.wav% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %mci%open new type waveaudio% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %type waveaudio% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %/acquire%/wav% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %program=%sound record% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %program=%audio record% | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %arecord % | apiwatch | Commands that record.
--   RecorderCommands | like | command line | %AudioCapture% | apiwatch | Commands that record.
--   RecorderScripts | like | script | %Get-MicrophoneAudio% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %waveInOpen% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %mciSendString%record% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %AudioDevice-Powershell-Cmdlet% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %IAudioCaptureClient% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %AudioGraph%CreateDeviceInputNode% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %type waveaudio% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %waveInStart% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %NAudio.Wave.WaveIn% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %WasapiCapture% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %WasapiLoopbackCapture% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %WaveInEvent% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %Windows.Media.Capture.MediaCapture%Audio% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %SoundRecorder%/FILE% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %-f dshow%audio=% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %WindowsAudioDevice-Powershell-Cmdlet% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %SpeechRecognitionEngine%SetInputToDefaultAudioDevice% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %SetInputToDefaultAudioDevice% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %Start-AudioRecord% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %ConsentStore\\microphone% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
--   RecorderScripts | like | script | %Get-AudioDevice% | apiwatch | Scripts that record; only those that speak of audio or waveIn somewhere are looked at.
-- benign:
--   A telephony or recording tool that runs from a user's folder and is not in TargetProcess yet.
--   A script that plays a sound: it loads the same libraries.
-- limits:
--   The note, libraries and files need WinEventLog:Sysmon (13, 7, 11), commands process creation, scripts WinEventLog:PowerShell.
--   Windows notes the use of the microphone since Windows 10 1903, and Sysmon sees the note only where its configuration keeps registry values.
--   The API itself raises no event: libraries do not tell recording from playing.
--   Code injected into an approved program is seen as that program.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0221
--   https://learn.microsoft.com/en-us/windows/win32/coreaudio/capturing-a-stream
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0619'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, lower(object_name) AS object_name, target_path, path, name, cmdline, process_key, computer,
    replace(regex_match(target_path, 'microphone\\NonPackaged\\(.*)\\LastUsed', 1), '#', '\') AS app FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('AudioLibraries', 'UseValues', 'Recorders')) AND api IN ('LoadLibrary', 'RegSetValueEx', 'CreateProcess')
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, api, substr(arguments, 8) AS script_text, arguments, cmdline, path, process_key, computer FROM api_calls WHERE api IN ('ScriptBlock', 'CreateProcess')
    AND arguments_like IN (SELECT CASE element WHEN 'RecorderScripts' THEN 'script=' ELSE '' END || value FROM t WHERE element IN ('RecorderScripts', 'RecorderCommands'))
),
libraries AS MATERIALIZED (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY computer, process_key, object_name ORDER BY eid) AS again FROM seen WHERE api = 'LoadLibrary') WHERE again = 1
),
foreign_loads AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM libraries
  WHERE path <> '' AND process_key <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcess' AND path LIKE value ESCAPE '\')
),
written AS MATERIALIZED (
  SELECT eid, time_ns, target_path, path, process_key, computer FROM file_changes
  WHERE process_key IN (SELECT process_key FROM foreign_loads) AND action = 'create' LIMIT -EXISTS (SELECT 1 FROM foreign_loads)
),
ways AS (
  SELECT eid, time_ns, app AS process, computer, app AS path, target_path AS object, 'used the microphone' AS way, NULL AS load FROM seen
  WHERE api = 'RegSetValueEx' AND app <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcess' AND app LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND app LIKE '%\' || value))
  UNION ALL
  SELECT eid, time_ns, path, computer, path, object_name, 'loads libraries of sound capture', NULL FROM (
    SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS distinct_libraries FROM libraries
    WHERE lower(name) IN (SELECT value FROM t WHERE element = 'ScriptHosts'))
  WHERE distinct_libraries >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctLibraries')
  UNION ALL
  SELECT w.eid, w.time_ns, w.path, w.computer, w.path, w.target_path, 'loads libraries of sound and writes a file', max(l.eid) FROM written AS w JOIN foreign_loads AS l ON l.process_key = w.process_key AND l.eid < w.eid
  WHERE w.time_ns - l.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'AudioExtensions' AND w.target_path LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'WriteDirectory' AND w.target_path LIKE value ESCAPE '\')
  GROUP BY w.eid
  UNION ALL
  SELECT eid, time_ns, path, computer, path, cmdline, 'is told to record', NULL FROM scripts
  WHERE api = 'CreateProcess' AND path NOT LIKE '_:\Program Files%' AND EXISTS (SELECT 1 FROM t WHERE element = 'RecorderCommands' AND arguments LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, path, computer, path, replace(substr(script_text, 1, 200), char(10), ' '), 'runs a script that records', NULL FROM scripts
  WHERE api = 'ScriptBlock' AND EXISTS (SELECT 1 FROM t WHERE element = 'RecorderScripts' AND script_text LIKE value ESCAPE '\')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, lower(process) ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, coalesce(load || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || way || ': ' || object AS summary, way, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
