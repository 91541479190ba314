-- id: AN1097
-- name: Application's program changed and then run, or hooked by a library
-- strategy: DET0391
-- technique: T1565.003
-- tactics: Impact
-- platform: windows
-- description: A program or library in the folder of an application is written by something that installs nothing and then
--   run or loaded within the window, with a hash that is not known; or a value is set that makes other programs load a
--   library, and an application in such a folder loads it within the window.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: file_changes, registry_changes, process_starts, module_loads
-- extra: changed_file, written_by
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   MonitoredPaths | like | file path | C:\\Program Files\\% | MonitoredPaths | Folders of applications that show or process data of the business.
--   MonitoredPaths | like | file path | C:\\Program Files (x86)\\% | MonitoredPaths | Folders of applications that show or process data of the business.
--   MonitoredPaths | like | file path | C:\\inetpub\\% | MonitoredPaths | Folders of applications that show or process data of the business.
--   MonitoredPaths | like | file path | D:\\Apps\\% | MonitoredPaths | Folders of applications that show or process data of the business.
--   HashBaseline | like | hashes | | HashBaseline | Known hashes, as patterns such as %SHA256=0123…%, with which a changed program may run.
--   TimeWindow | window | seconds | 3600 | apiwatch | Longest time from the change or the registration to the application's start with it.
--   ProgramExtensions | text | extension | exe | apiwatch | Endings of programs and libraries.
--   ProgramExtensions | text | extension | dll | apiwatch | Endings of programs and libraries.
--   ProgramExtensions | text | extension | ocx | apiwatch | Endings of programs and libraries.
--   ProgramExtensions | text | extension | jar | apiwatch | Endings of programs and libraries.
--   ProgramExtensions | text | extension | pyd | apiwatch | Endings of programs and libraries.
--   HookValues | text | registry value | appinit_dlls | apiwatch | Values that make other programs load a library, in lower case.
--   HookValues | text | registry value | verifierdlls | apiwatch | Values that make other programs load a library, in lower case.
--   HookValues | text | registry value | appsecdll | apiwatch | Values that make other programs load a library, in lower case.
--   InstallerPaths | like | executable path | C:\\Windows\\% | apiwatch | Programs that install and update: those of the system, save the ones below, and applications themselves.
--   InstallerPaths | like | executable path | C:\\Program Files\\% | apiwatch | Programs that install and update: those of the system, save the ones below, and applications themselves.
--   InstallerPaths | like | executable path | C:\\Program Files (x86)\\% | apiwatch | Programs that install and update: those of the system, save the ones below, and applications themselves.
--   InstallerPaths | like | executable path | C:\\ProgramData\\Package Cache\\% | apiwatch | Programs that install and update: those of the system, save the ones below, and applications themselves.
--   InstallerPaths | like | executable path | C:\\ProgramData\\Microsoft\\Windows Defender\\% | apiwatch | Programs that install and update: those of the system, save the ones below, and applications themselves.
--   InstallerPaths | like | executable path | %\\AppData\\Local\\Temp\\is-%.tmp\\%.tmp | apiwatch | Programs that install and update: those of the system, save the ones below, and applications themselves.
--   InstallerPaths | like | executable path | %\\Downloads\\%setup%.exe | apiwatch | Programs that install and update: those of the system, save the ones below, and applications themselves.
--   InstallerPaths | like | executable path | %\\Downloads\\%install%.exe | apiwatch | Programs that install and update: those of the system, save the ones below, and applications themselves.
--   SuspectWriters | text | executable name | cmd.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | powershell.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | pwsh.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | cscript.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | wscript.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | mshta.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | rundll32.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | regsvr32.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | certutil.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | bitsadmin.exe | apiwatch | Programs among those that install nothing.
--   SuspectWriters | text | executable name | reg.exe | apiwatch | Programs among those that install nothing.
-- benign:
--   An update by a script of your own; a portable application that is unpacked over its former version.
-- limits:
--   Files, starts and libraries need WinEventLog:Sysmon (11, 1, 7), hooks its event 13 or 4657 of WinEventLog:Security.
--   Code changed in the memory of a running application is what other analytics look for (injection); here it is files and hooks.
--   Hooks set by a call (SetWindowsHookEx) or by a debugger's key are not read. Wrong data shown on a screen raises no event.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0391
--   https://learn.microsoft.com/windows/win32/dlls/secure-boot-and-appinit-dlls
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1097'
),
put AS MATERIALIZED (
  SELECT eid, time, computer, path AS writer, lower(target_path) AS file, lower(target_name) AS leaf FROM file_changes
  WHERE target_extension IN (SELECT value FROM t WHERE element = 'ProgramExtensions') AND +action IN ('create', 'rename', 'write')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredPaths' AND target_path LIKE value ESCAPE '\')
    AND (lower(name) IN (SELECT value FROM t WHERE element = 'SuspectWriters')
      OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'InstallerPaths' AND path LIKE value ESCAPE '\'))
),
hooked AS MATERIALIZED (
  SELECT eid, time, computer, path AS writer, lower(regex_match(data, '([A-Za-z]:[^,;"]+|[^ ,;"]+)[.][Dd][Ll][Ll]', 0)) AS file FROM registry_changes
  WHERE key_name IN (SELECT lower(value) FROM t WHERE element = 'HookValues') AND action = 'set_value'
),
changed AS MATERIALIZED (
  SELECT eid, time, computer, writer, file, leaf, 0 AS hook FROM put
  UNION ALL
  SELECT eid, time, computer, writer, file, regex_match(file, '[^\\]+$', 0), 1 FROM hooked WHERE file <> ''
),
used AS MATERIALIZED (
  SELECT eid, time, computer, process_key, path, lower(path) AS file, hashes FROM process_starts
  WHERE name IN (SELECT leaf FROM changed) LIMIT -EXISTS (SELECT 1 FROM changed)
),
mapped AS MATERIALIZED (
  SELECT eid, time, computer, process_key, path, lower(module_path) AS file, hashes FROM module_loads
  WHERE module_name IN (SELECT leaf FROM changed) LIMIT -EXISTS (SELECT 1 FROM changed)
),
chain AS (
  SELECT u.eid, max(c.eid) AS change, u.computer, u.path, u.file, c.writer, c.hook
  FROM (SELECT * FROM used UNION ALL SELECT * FROM mapped) AS u
  JOIN changed AS c ON c.computer = u.computer AND c.eid < u.eid AND (c.file = u.file OR c.hook = 1 AND u.file LIKE '%\' || c.leaf)
  WHERE u.time - c.time <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AND u.path <> c.writer
    AND (c.hook = 0 OR EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredPaths' AND u.path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'HashBaseline' AND u.hashes LIKE value ESCAPE '\')
  GROUP BY u.eid
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, file ORDER BY eid) AS place FROM chain
)
SELECT eid, change || ',' || eid AS eids,
  path || CASE hook WHEN 1 THEN ' loaded ' || file || ', registered as a hook by ' ELSE ' runs ' || file || ', changed by ' END || writer AS summary,
  file AS changed_file, writer AS written_by
FROM ranked
WHERE place = 1
