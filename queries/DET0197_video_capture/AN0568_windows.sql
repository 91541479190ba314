-- id: AN0568
-- name: Camera used, or a screen watched, by a program that has no business with it
-- strategy: DET0197
-- technique: T1125
-- tactics: Collection
-- platform: windows
-- description: The camera service or Windows' own note tells that a program outside the places of known camera users,
--   or a host of scripts, used the camera; such a program loads the libraries of video capture, or loads those of media
--   and writes a video where nobody keeps one (with MinFileSizeMB above 0 only if it then connects out); a script holds
--   what uses the camera; or the shadowing of remote sessions without control or consent is allowed by a value, by a
--   policy made by hand, or begun. Or a command line says that it takes pictures from a camera or writes the note of
--   its use.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Microsoft-Windows-Windows Camera Frame Server/Operational
-- tables: api_calls, file_changes, network_flows
-- extra: way, object
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 1200 | TimeWindow | Longest time from the libraries to the file and on to the connection, and how long one program counts once.
--   AllowedProcesses | like | executable path | C:\\Program Files\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | C:\\Program Files (x86)\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | C:\\Windows\\System32\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | C:\\Windows\\SysWOW64\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | C:\\Windows\\SystemApps\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | C:\\Windows\\ImmersiveControlPanel\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | C:\\Windows\\explorer.exe | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | %\\AppData\\Local\\Microsoft\\Teams\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | %\\AppData\\Roaming\\Zoom\\bin\\Zoom.exe | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | %\\AppData\\Local\\Discord\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | %\\AppData\\Local\\slack\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | %\\AppData\\Local\\WebEx\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | %\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   AllowedProcesses | like | executable path | %\\AppData\\Local\\Programs\\% | AllowedProcesses | Known users of the camera, by where they lie; ScriptHosts are never among them.
--   VideoExtensions | like | file | %.mp4 | VideoExtensions | Files of video.
--   VideoExtensions | like | file | %.avi | VideoExtensions | Files of video.
--   VideoExtensions | like | file | %.mov | VideoExtensions | Files of video.
--   VideoExtensions | like | file | %.yuv | VideoExtensions | Files of video.
--   VideoExtensions | like | file | %.mkv | VideoExtensions | Files of video.
--   VideoExtensions | like | file | %.h264 | VideoExtensions | Files of video.
--   VideoExtensions | like | file | %.webm | VideoExtensions | Files of video.
--   VideoExtensions | like | file | %.wmv | VideoExtensions | Files of video.
--   RarePathRegex | like | file | %\\Temp\\% | RarePathRegex | Where nobody keeps video.
--   RarePathRegex | like | file | %\\Users\\Public\\% | RarePathRegex | Where nobody keeps video.
--   RarePathRegex | like | file | %:\\Windows\\Tasks\\% | RarePathRegex | Where nobody keeps video.
--   RarePathRegex | like | file | %:\\ProgramData\\% | RarePathRegex | Where nobody keeps video.
--   RarePathRegex | like | file | %:\\PerfLogs\\% | RarePathRegex | Where nobody keeps video.
--   RarePathRegex | like | file | %\\AppData\\% | RarePathRegex | Where nobody keeps video.
--   MinFileSizeMB | count | MiB | 0 | MinFileSizeMB | No event tells how large a file is: with 0 a file counts by itself, above 0 only if the program then connects out.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\services.exe | ParentProcessAllowList | Parents that start programs of Windows which broker the camera; believed only for programs in the folders of programs.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\sihost.exe | ParentProcessAllowList | Parents that start programs of Windows which broker the camera; believed only for programs in the folders of programs.
--   ScriptHosts | text | executable name | powershell.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | pwsh.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | cmd.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | rundll32.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | regsvr32.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | wscript.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | cscript.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | mshta.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | msbuild.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | installutil.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | dllhost.exe | apiwatch | Programs of Windows that run the code of others.
--   ScriptHosts | text | executable name | notepad.exe | apiwatch | Programs of Windows that run the code of others.
--   CameraLibraries | text | library | avicap32.dll | apiwatch | Libraries that only video capture needs.
--   CameraLibraries | text | library | ksproxy.ax | apiwatch | Libraries that only video capture needs.
--   CameraLibraries | text | library | vidcap.ax | apiwatch | Libraries that only video capture needs.
--   CameraLibraries | text | library | frameserverclient.dll | apiwatch | Libraries that only video capture needs.
--   CameraLibraries | text | library | qcap.dll | apiwatch | Libraries that only video capture needs.
--   CameraLibraries | text | library | mfsensorgroup.dll | apiwatch | Libraries that only video capture needs.
--   MediaLibraries | text | library | mf.dll | apiwatch | Libraries of media, which count only before a file of video.
--   MediaLibraries | text | library | mfplat.dll | apiwatch | Libraries of media, which count only before a file of video.
--   MediaLibraries | text | library | mfreadwrite.dll | apiwatch | Libraries of media, which count only before a file of video.
--   MediaLibraries | text | library | msvfw32.dll | apiwatch | Libraries of media, which count only before a file of video.
--   MediaLibraries | text | library | quartz.dll | apiwatch | Libraries of media, which count only before a file of video.
--   UseValues | text | last part of a path | LastUsedTimeStart | apiwatch | Values by which Windows notes the use of a device and allows shadowing, and the program that shadows.
--   UseValues | text | last part of a path | LastUsedTimeStop | apiwatch | Values by which Windows notes the use of a device and allows shadowing, and the program that shadows.
--   UseValues | text | last part of a path | Shadow | apiwatch | Values by which Windows notes the use of a device and allows shadowing, and the program that shadows.
--   UseValues | text | last part of a path | Terminal Services | apiwatch | Values by which Windows notes the use of a device and allows shadowing, and the program that shadows.
--   UseValues | text | last part of a path | mstsc.exe | apiwatch | Values by which Windows notes the use of a device and allows shadowing, and the program that shadows.
--   CameraCalls | text | API | MFCreateDeviceSource | apiwatch | Opening the camera, as the camera service tells it.
--   ShadowCommands | like | command line | %/shadow:%/noConsentPrompt% | apiwatch | Commands that watch another session without asking.
--   ShadowCommands | like | command line | %/noConsentPrompt%/shadow:% | apiwatch | Commands that watch another session without asking.
--   ShadowKeys | like | registry value | %\\Policies\\Microsoft\\Windows NT\\Terminal Services\\Shadow | apiwatch | Where shadowing is allowed.
--   ShadowKeys | like | registry value | %\\Control\\Terminal Server\\%\\Shadow | apiwatch | Where shadowing is allowed.
--   ShadowPolicy | like | registry key | HKLM\\%\\Policies\\Microsoft\\Windows NT\\Terminal Services | apiwatch | The policy of remote sessions; made by hand it is the first step.
--   PolicyMakers | text | executable name | reg.exe | apiwatch | Programs that make a policy by hand.
--   PolicyMakers | text | executable name | powershell.exe | apiwatch | Programs that make a policy by hand.
--   PolicyMakers | text | executable name | pwsh.exe | apiwatch | Programs that make a policy by hand.
--   PolicyMakers | text | executable name | cmd.exe | apiwatch | Programs that make a policy by hand.
--   PolicyMakers | text | executable name | wscript.exe | apiwatch | Programs that make a policy by hand.
--   PolicyMakers | text | executable name | cscript.exe | apiwatch | Programs that make a policy by hand.
--   PolicyMakers | text | executable name | rundll32.exe | apiwatch | Programs that make a policy by hand.
--   CaptureScripts | like | script | %capCreateCaptureWindow% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %avicap32% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %MediaCapture%StartRecordToStorageFile% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %DirectShowLib%Capture% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %WM\_CAP\_% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %Get-WebCam% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %MiniEye% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %Start-WebcamRecorder% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %Out-Webcam% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %Windows.Media.Capture.MediaCapture% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %MediaCapture]% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %WIA.CommonDialog%Camera% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %WIA.DeviceManager%.Connect()% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %AForge.Video% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %DirectShowLib%IVideoWindow% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %Emgu.CV%VideoCapture% | apiwatch | Scripts that use the camera.
--   CaptureScripts | like | script | %ConsentStore\\webcam% | apiwatch | Scripts that use the camera.
--   CaptureCommands | like | command line | %-f dshow%video=% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %-f vfwcapture% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %dshow://% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %-f v4l2% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %DirectShow%video=% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %ConsentStore\\webcam\\% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %/capture%/filename% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %/filename %.bmp%/devnum% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %/filename %.bmp%/devname% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %/devnum %/filename% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %/devname %/filename% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %/delay %/devnum% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %-capture%webcam% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %webcam\_snap% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %--webcam% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %webcam%.jpg% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %webcam%.png% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %webcam%.avi% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %webcam%.mp4% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %program=%webcam% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %avicap32% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %-list\_devices true%-f dshow% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %capCreateCaptureWindow% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %graph%streamer%camera% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureCommands | like | command line | %-f dshow%-list\_devices% | apiwatch | What a program is told, or says of itself (program=), that takes pictures from a camera or writes the note of its use.
--   CaptureNotes | like | arguments | %SymbolicLink=% | apiwatch | Fields by which the notes of the camera service are known.
--   CaptureNotes | like | arguments | %ProcessName=% | apiwatch | Fields by which the notes of the camera service are known.
--   CaptureNotes | like | arguments | %DeviceName=% | apiwatch | Fields by which the notes of the camera service are known.
-- benign:
--   A conference tool that runs from a user's folder and is not in AllowedProcesses yet.
--   An administrator who sets the policy of remote sessions by script, or who supports users by shadowing them.
-- limits:
--   Libraries, notes, files and connections need WinEventLog:Sysmon (7, 13, 12, 11, 3), shadowing process creation or Sysmon's 12 and 13, scripts WinEventLog:PowerShell.
--   The camera service logs who uses it since Windows 10 1903 (its event 6); Windows' own note is seen only where Sysmon keeps registry values.
--   No event tells the size of a file.
--   Code injected into an approved program is seen as that program.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0197
--   https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/mstsc
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, lower(object_name) AS object_name, target_path, lower(arguments) AS arguments, path, lower(name) AS name, cmdline, parent_path, system_path, process_key, computer,
    CASE api WHEN 'RegSetValueEx' THEN replace(regex_match(target_path, 'webcam\\NonPackaged\\(.*)\\LastUsed', 1), '#', '\') ELSE path END AS app FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('CameraLibraries', 'MediaLibraries', 'UseValues')) AND api IN ('LoadLibrary', 'RegSetValueEx', 'RegCreateKeyEx', 'CreateProcess')
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, api, target_path, path, cmdline, arguments, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'CameraCalls' UNION SELECT 'CreateProcess' UNION SELECT 'ScriptBlock')
    AND arguments_like IN (SELECT CASE element WHEN 'CaptureScripts' THEN 'script=' ELSE '' END || value FROM t WHERE element IN ('CaptureNotes', 'CaptureCommands', 'CaptureScripts'))
),
used AS (
  SELECT eid, time_ns, process_key, app, target_path, computer, CASE api WHEN 'LoadLibrary' THEN 'loads ' || object_name ELSE 'used the camera' END AS way, object_name FROM seen
  WHERE (api = 'LoadLibrary' OR api = 'RegSetValueEx') AND NOT (system_path = 1 AND api = 'LoadLibrary' AND parent_path COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'ParentProcessAllowList'))
  UNION ALL SELECT eid, time_ns, process_key, path, target_path, computer, 'used the camera', '' FROM opened WHERE api NOT IN ('CreateProcess', 'ScriptBlock')
),
strangers AS MATERIALIZED (
  SELECT * FROM used WHERE app <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedProcesses' AND app LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND app LIKE '%\' || value))
),
written AS MATERIALIZED (
  SELECT eid, time_ns, target_path, path, process_key, computer FROM file_changes
  WHERE process_key IN (SELECT process_key FROM strangers) AND action = 'create' LIMIT -EXISTS (SELECT 1 FROM strangers WHERE way LIKE 'loads %')
),
videos AS MATERIALIZED (
  SELECT w.*, max(s.eid) AS load FROM written AS w JOIN (SELECT *, row_number() OVER (PARTITION BY process_key, object_name ORDER BY eid) AS again FROM strangers) AS s ON s.again = 1 AND s.process_key = w.process_key AND s.process_key <> '' AND s.eid < w.eid
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'VideoExtensions' AND w.target_path LIKE value ESCAPE '\') AND EXISTS (SELECT 1 FROM t WHERE element = 'RarePathRegex' AND w.target_path LIKE value ESCAPE '\')
    AND w.time_ns - s.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY w.eid
),
sent AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM network_flows WHERE process_key IN (SELECT process_key FROM videos)
  LIMIT -EXISTS (SELECT 1 FROM videos WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MinFileSizeMB') > 0)
),
ways AS (
  SELECT eid, time_ns, app AS path, computer, target_path AS object, way, NULL AS before_it FROM strangers WHERE object_name NOT IN (SELECT lower(value) FROM t WHERE element = 'MediaLibraries')
  UNION ALL
  SELECT eid, time_ns, path, computer, target_path, 'loads libraries of media and writes a video', load FROM videos WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MinFileSizeMB') = 0
  UNION ALL
  SELECT n.eid, n.time_ns, v.path, v.computer, v.target_path, 'sends after it wrote a video', v.load || ',' || v.eid FROM videos AS v JOIN sent AS n ON n.process_key = v.process_key AND n.eid > v.eid
    AND n.time_ns - v.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, time_ns, path, computer, CASE api WHEN 'CreateProcess' THEN cmdline ELSE target_path END, 'prepares to watch another session', NULL FROM seen
  WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowCommands' AND cmdline LIKE value ESCAPE '\')
    OR api = 'RegSetValueEx' AND regex_match(arguments, '0*([24])\)?$', 1) <> '' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowKeys' AND target_path LIKE value ESCAPE '\')
    OR api = 'RegCreateKeyEx' AND name IN (SELECT value FROM t WHERE element = 'PolicyMakers') AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowPolicy' AND target_path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, path, computer, replace(substr(arguments, 8, 200), char(10), ' '), 'runs a script that uses the camera', NULL FROM opened WHERE api = 'ScriptBlock'
  UNION ALL
  SELECT eid, time_ns, path, computer, cmdline, 'is told to use the camera', NULL FROM opened WHERE api = 'CreateProcess'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'CaptureCommands' AND arguments LIKE value ESCAPE '\') AND path NOT LIKE '_:\Program Files%'
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, coalesce(before_it || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || way || ': ' || object AS summary, way, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
