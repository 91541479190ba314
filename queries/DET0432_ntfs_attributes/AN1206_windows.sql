-- id: AN1206
-- name: Data hidden in an alternate data stream or extended attributes
-- strategy: DET0432
-- technique: T1564.004
-- tactics: Defense Evasion
-- platform: windows
-- description: A file gets an alternate data stream that no known program keeps; a command line of an interpreter or a
--   tool of the system names one; a program runs from one; a script or a pipeline uses -Stream or names one; a mark of
--   the web holds something else, or says that a program came from an address or from where anybody may put files; or
--   extended attributes are set or read by other than the system. What uses the same stream within the window is one
--   chain. A new service or a value that starts programs counts, too, where it names a stream.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Kernel-File
-- tables: api_calls, file_changes
-- extra: stream
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   ADSPathWhitelist | like | stream | :Zone.Identifier | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :SmartScreen | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :OECustomProperty | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :encryptable | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :favicon | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :AFP\_% | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :com.apple.% | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :com.dropbox.% | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :ms-properties | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :Win32App\_% | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ADSPathWhitelist | like | stream | :WofCompressedData | ADSPathWhitelist | Streams of the system and of known programs; what they hold is still looked at.
--   ProcessScope | text | executable name | cmd.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | powershell.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | pwsh.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | wscript.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | cscript.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | mshta.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | rundll32.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | regsvr32.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | wmic.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | forfiles.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | findstr.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | extrac32.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | expand.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | makecab.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | esentutl.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | certutil.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | reg.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | regedit.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | print.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | bitsadmin.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | control.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | mavinject.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | sc.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | schtasks.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | replace.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | xcopy.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | robocopy.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | more.com | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | notepad.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | hh.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | msiexec.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | installutil.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | appvlp.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | ftp.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | diantz.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | fsutil.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | type.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | pcalua.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | cmdl32.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | curl.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | tttracer.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | desktopimgdownldr.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | odbcconf.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | msbuild.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | conhost.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | explorer.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | ie4uinit.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | vbc.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | csc.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | java.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   ProcessScope | text | executable name | python.exe | ProcessScope | Interpreters and tools of the system whose command lines are looked at; a program that runs from a stream is always reported.
--   TimeWindow | window | seconds | 3600 | TimeWindow | Longest time from the writing of a stream to a command or a program that uses it, to count as one chain.
--   WriterPaths | like | executable path | C:\\Program Files%\\Microsoft\\Edge\\Application\\% | apiwatch | Programs that keep streams of their own on files.
--   WriterPaths | like | executable path | C:\\Program Files%\\Google\\Chrome\\Application\\% | apiwatch | Programs that keep streams of their own on files.
--   WriterPaths | like | executable path | C:\\Program Files%\\Mozilla Firefox\\% | apiwatch | Programs that keep streams of their own on files.
--   WriterPaths | like | executable path | C:\\Program Files\\Windows Defender\\% | apiwatch | Programs that keep streams of their own on files.
--   WriterPaths | like | executable path | C:\\ProgramData\\Microsoft\\Windows Defender\\% | apiwatch | Programs that keep streams of their own on files.
--   WriterPaths | like | executable path | C:\\Windows\\System32\\svchost.exe | apiwatch | Programs that keep streams of their own on files.
--   MarkBeginnings | like | text | [ZoneTransfer]% | apiwatch | How a true mark of the web begins; another content hides under its name.
--   MarkedPrograms | text | extension | exe | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | dll | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | hta | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | vbs | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | vbe | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | js | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | ps1 | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | bat | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | cmd | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | lnk | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | xll | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | cpl | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | one | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | scr | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   MarkedPrograms | text | extension | msi | apiwatch | Endings of files whose origin, as the mark says it, is looked at.
--   UntrustedOrigins | like | text | %://%transfer.sh/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%anonfiles.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%gofile.io/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%file.io/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%mega.nz/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%sendspace.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%ufile.io/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%temp.sh/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%pastebin.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%paste.ee/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%hastebin.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%ghostbin.% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://cdn.discordapp.com/attachments/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%.ddns.net/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%.duckdns.org/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%.ngrok.io/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%.trycloudflare.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%mediafire.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%.onrender.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%.glitch.me/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%storjshare.io/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%dropboxusercontent.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://%.githubusercontent.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   UntrustedOrigins | like | text | %://storage.googleapis.com/% | apiwatch | Hosts anybody may put files on; an address instead of a name counts as well.
--   AutostartKeys | like | registry value | %\\CurrentVersion\\Run% | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\Services\\%\\ImagePath | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\Services\\%\\ServiceDll | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\Winlogon\\% | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\Image File Execution Options\\% | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\CLSID\\% | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\shell\\open\\command% | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\Environment\\% | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\AppInit\_DLLs | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\Policies\\%\\Run\\% | apiwatch | Values that name what is started; one that names a stream is reported.
--   AutostartKeys | like | registry value | %\\Active Setup\\% | apiwatch | Values that name what is started; one that names a stream is reported.
-- benign:
--   A backup, search or photo program that keeps notes of its own in streams.
--   An administrator who removes or reads a stream by hand; a download of a tool from a code host.
--   A program fetched from a server of the own network that is named by its address.
-- limits:
--   Streams and what they hold need WinEventLog:Sysmon's event 15, commands process creation with command lines, scripts WinEventLog:PowerShell.
--   An audited file (4663, 4656) shows writes to a stream, not reads. Streams that are read, and writes by other than Sysmon's creation events, show only in a command line or script.
--   Extended attributes raise no event of any log: they show with an ETW feed alone (etw:Microsoft-Windows-Kernel-File), and a command line names them seldom.
--   A relative name such as notes.xyz:a is taken for a stream only where the file's ending is an ordinary one.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0432
--   https://learn.microsoft.com/windows/win32/fileio/file-streams
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1206'
),
named AS MATERIALIZED (
  SELECT eid, time_ns, api, computer, pid, process_key, path, lower(name) AS name, target_path, lower(stream) AS stream
  FROM api_calls
  WHERE api IN ('CreateFile', 'CreateProcess', 'ScriptBlock', 'NtSetEaFile', 'NtQueryEaFile', 'RegSetValueEx', 'CreateService') AND stream LIKE '_%'
),
judged AS MATERIALIZED (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'ADSPathWhitelist' AND stream LIKE value ESCAPE '\') AS known FROM named
),
held AS MATERIALIZED (
  SELECT eid AS held_eid, contents FROM file_changes WHERE eid IN (SELECT eid FROM judged WHERE known AND api = 'CreateFile')
    AND action = 'create_stream' AND contents LIKE '_%'
  LIMIT -EXISTS (SELECT 1 FROM judged WHERE known AND api = 'CreateFile')
),
marks AS (
  SELECT j.*, h.contents, lower(regex_match(target_path, '[.]([A-Za-z0-9]+):[^:]*$', 1)) AS extension
  FROM judged AS j JOIN held AS h ON h.held_eid = j.eid
),
hiding AS (
  SELECT eid, time_ns, api, computer, pid, process_key, path, target_path, stream, 'uses' AS how FROM judged
  WHERE NOT known AND CASE api
    WHEN 'CreateProcess' THEN name IN (SELECT value FROM t WHERE element = 'ProcessScope') OR instr(lower(path), stream) > 0
    WHEN 'CreateFile' THEN NOT EXISTS (SELECT 1 FROM t WHERE element = 'WriterPaths' AND path LIKE value ESCAPE '\')
    WHEN 'ScriptBlock' THEN 1
    WHEN 'CreateService' THEN 1
    WHEN 'RegSetValueEx' THEN EXISTS (SELECT 1 FROM t WHERE element = 'AutostartKeys' AND target_path LIKE value ESCAPE '\')
    ELSE path NOT LIKE 'C:\Windows\%' END
  UNION ALL
  SELECT eid, time_ns, api, computer, pid, process_key, path, target_path, stream, 'hides data under the name' FROM marks
  WHERE stream = ':zone.identifier' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'MarkBeginnings' AND ltrim(contents) LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, api, computer, pid, process_key, path, target_path, stream, 'marks a program of unknown origin with' FROM marks
  WHERE extension IN (SELECT value FROM t WHERE element = 'MarkedPrograms')
    AND (regex_match(contents, 'Url=https?://[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+[:/]', 0) IS NOT NULL
      OR EXISTS (SELECT 1 FROM t WHERE element = 'UntrustedOrigins' AND contents LIKE value ESCAPE '\'))
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, stream ORDER BY eid) AS place,
    lag(eid) OVER s AS before, lag(time_ns) OVER s AS before_ns FROM hiding
  WINDOW s AS (PARTITION BY computer, stream ORDER BY eid)
)
SELECT eid, CASE WHEN time_ns - before_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    THEN before || ',' || eid ELSE eid END AS eids,
  coalesce(nullif(path, ''), 'a script') || ' ' || how || ' the stream ' || substr(stream, 2)
    || CASE api WHEN 'RegSetValueEx' THEN ' in ' || target_path WHEN 'CreateFile' THEN ' of ' || substr(target_path, 1, length(target_path) - length(stream)) ELSE '' END AS summary,
  stream
FROM ranked
WHERE place = 1
