-- id: AN0622
-- name: Management console opens a foreign console file or loads foreign code
-- strategy: DET0222
-- technique: T1218.014
-- tactics: Defense Evasion
-- platform: windows
-- description: mmc.exe opens a console file from outside AllowedMSCList, such as from where a user or the network puts
--   files, or one whose name hides its ending, also when only a child of it shows so; it starts an interpreter or a program that lies where users put files; it loads a
--   script engine or an unsigned library from a foreign folder; or, started by something that opens no consoles, it speaks
--   to an address on the internet or follows the registration of a COM class of the user's own within the window.
-- log_sources: WinEventLog:Sysmon
-- tables: process_starts, module_loads, network_flows, registry_changes
-- extra: console_file, module
-- pyramid_level: 3
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 600 | TimeWindow | Longest time from the registration of a COM class to the start of mmc.exe, and from its start to a connection.
--   AllowedMSCList | like | file path | _:\\windows\\system32\\% | AllowedMSCList | Console files that may be opened, as a command line names them, in lower case.
--   AllowedMSCList | like | file path | _:\\windows\\syswow64\\% | AllowedMSCList | Console files that may be opened, as a command line names them, in lower case.
--   AllowedMSCList | like | file path | _:\\program files% | AllowedMSCList | Console files that may be opened, as a command line names them, in lower case.
--   AllowedMSCList | like | file path | %\\start menu\\programs\\% | AllowedMSCList | Console files that may be opened, as a command line names them, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\\users\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\\appdata\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\\downloads\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\\desktop\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\\temp\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\\temporary internet files\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\\programdata\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\\perflogs\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %:\\$recycle.bin\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | \\\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\%temp\%% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | %\%appdata\%% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | d:\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | e:\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | f:\\% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | _:\\%.msc | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | http://% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   SuspiciousMSCPathRegex | like | path | https://% | SuspiciousMSCPathRegex | Folders from which a console file or a library of mmc.exe is foreign; LIKE patterns, in lower case.
--   AllowedCLSIDs | text | CLSID | {ceff45ee-c862-41de-aee2-a022c81eda92} | AllowedCLSIDs | COM classes that users may register without report.
--   AllowedCLSIDs | text | CLSID | {49b2791a-b1ae-4c90-9b8e-e860ba07f889} | AllowedCLSIDs | COM classes that users may register without report.
--   ParentProcessAllowList | text | executable path | C:\Windows\explorer.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\svchost.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\ServerManager.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\sihost.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\eventvwr.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\RuntimeBroker.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\CompMgmtLauncher.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\control.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\userinit.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\ImmersiveControlPanel\SystemSettings.exe | ParentProcessAllowList | Programs that open consoles, by full path.
--   SignedToUnsignedTransition | count | yes or no | 1 | SignedToUnsignedTransition | 1: a library without a valid signature that mmc.exe loads from a foreign folder is reported; 0: none.
--   ExternalIPAllowlist | cidr | address block | 10.0.0.0/8 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   ExternalIPAllowlist | cidr | address block | 172.16.0.0/12 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   ExternalIPAllowlist | cidr | address block | 192.168.0.0/16 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   ExternalIPAllowlist | cidr | address block | 127.0.0.0/8 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   ExternalIPAllowlist | cidr | address block | 169.254.0.0/16 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   ExternalIPAllowlist | cidr | address block | 224.0.0.0/4 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   ExternalIPAllowlist | cidr | address block | ::1/128 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   ExternalIPAllowlist | cidr | address block | fc00::/7 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   ExternalIPAllowlist | cidr | address block | fe80::/10 | ExternalIPAllowlist | Addresses that mmc.exe may speak to.
--   HiddenEndings | like | file name | %cod.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %xcod.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %fdp.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %ftr.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %slx.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %xslx.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %tpp.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %xtpp.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %gpj.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %gnp.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %txt.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %lmth.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %piz.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %.pdf.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %.docx.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   HiddenEndings | like | file name | %.xlsx.msc% | apiwatch | Ends of names that show as a document, as reading direction or a second ending hides the first.
--   ScriptEngines | text | module name | vbscript.dll | apiwatch | Script engines that a console file can make mmc.exe load.
--   ScriptEngines | text | module name | jscript.dll | apiwatch | Script engines that a console file can make mmc.exe load.
--   ScriptEngines | text | module name | jscript9.dll | apiwatch | Script engines that a console file can make mmc.exe load.
--   ScriptEngines | text | module name | apds.dll | apiwatch | Script engines that a console file can make mmc.exe load.
--   ExpectedChildren | text | executable path | C:\Windows\System32\mmc.exe | apiwatch | What a console may start.
--   ExpectedChildren | text | executable path | C:\Windows\System32\WerFault.exe | apiwatch | What a console may start.
--   ExpectedChildren | text | executable path | C:\Windows\hh.exe | apiwatch | What a console may start.
--   ExpectedChildren | text | executable path | C:\Windows\System32\conhost.exe | apiwatch | What a console may start.
--   Interpreters | text | executable name | cmd.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | powershell.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | pwsh.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | wscript.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | cscript.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | mshta.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | regsvr32.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | bitsadmin.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | certutil.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | curl.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | msbuild.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | installutil.exe | apiwatch | Programs that no console of the system starts.
--   Interpreters | text | executable name | schtasks.exe | apiwatch | Programs that no console of the system starts.
--   ForeignChildren | like | executable path | _:\\Users\\% | apiwatch | Folders in which nothing lies that a console starts.
--   ForeignChildren | like | executable path | _:\\ProgramData\\% | apiwatch | Folders in which nothing lies that a console starts.
--   ForeignChildren | like | executable path | _:\\Windows\\Temp\\% | apiwatch | Folders in which nothing lies that a console starts.
--   ForeignChildren | like | executable path | _:\\PerfLogs\\% | apiwatch | Folders in which nothing lies that a console starts.
--   OwnConsoles | like | console file | _:\\users\\%\\desktop\\%.msc | apiwatch | Consoles that administrators keep for themselves: one that Explorer opens counts only by what it then loads, starts or speaks to.
-- benign:
--   An administrator's own console file kept on the desktop or on a share; a snap-in with a task pad that loads a script engine.
-- limits:
--   Read from WinEventLog:Sysmon (1, 7, 3, 13); with 4688 instead of its event 1 consoles and children remain. Made console files (11) are not read.
--   Which classes mmc.exe activates raises no event that is on by default (WinEventLog:Microsoft-Windows-COM/Operational is not): a class the user registered before is taken for it.
--   What a console file holds (a script in its task pad) is not seen, only what mmc.exe then loads, starts or speaks to.
--   A console file named without a folder is taken for one of the system's.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0222
--   https://learn.microsoft.com/windows-server/administration/windows-commands/mmc
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0622'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, cmdline, parent_path,
    lower(coalesce(nullif(regex_match(cmdline, '"([^"]+[.][Mm][Ss][Cc])', 1), ''), regex_match(cmdline, '([^ "]+[.][Mm][Ss][Cc])', 1))) AS console
  FROM process_starts WHERE name = 'mmc.exe'
),
children AS MATERIALIZED (
  SELECT eid, computer, process_key, parent_process_key, path, parent_path,
    lower(coalesce(nullif(regex_match(parent_cmdline, '"([^"]+[.][Mm][Ss][Cc])', 1), ''), regex_match(parent_cmdline, '([^ "]+[.][Mm][Ss][Cc])', 1))) AS console
  FROM process_starts WHERE parent_name = 'mmc.exe'
),
loaded AS MATERIALIZED (
  SELECT eid, computer, process_key, path, module_path, lower(module_name) AS module_name, is_signed, signature_status FROM module_loads
  WHERE name = 'mmc.exe'
),
strange AS MATERIALIZED (
  SELECT * FROM opened WHERE parent_path <> '' AND parent_path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'ParentProcessAllowList')
),
spoke AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, remote_address FROM network_flows
  WHERE process_key IN (SELECT process_key FROM strange) AND is_inbound = 0 AND family <> '' LIMIT -EXISTS (SELECT 1 FROM strange)
),
classes AS MATERIALIZED (
  SELECT eid, time_ns, computer, lower(regex_match(key_path, '(\{[0-9A-Fa-f-]+\})', 1)) AS clsid FROM registry_changes
  WHERE key_name IN ('(default)', 'inprocserver32', 'localserver32') AND action = 'set_value' AND key_path LIKE 'HKU%\CLSID\%Server32%'
  LIMIT -EXISTS (SELECT 1 FROM strange)
),
foreign_consoles AS (
  SELECT eid, computer, process_key, process_key AS mmc, path, console, '' AS module, 'opened the console file ' || console AS did FROM opened
  WHERE NOT (lower(parent_path) = 'c:\windows\explorer.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'OwnConsoles' AND console LIKE value ESCAPE '\')) OR EXISTS (SELECT 1 FROM t WHERE element = 'HiddenEndings' AND console LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, computer, process_key, parent_process_key, parent_path, console, path, coalesce('with the console file ' || nullif(console, '') || ' ', '') || 'started ' || path FROM children
  WHERE path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'ExpectedChildren')
),
acts AS (
  SELECT eid, eid AS eids, computer, mmc, path, console, module, did FROM foreign_consoles
  WHERE module <> '' AND (lower(regex_match(module, '[^\\]+$', 0)) IN (SELECT value FROM t WHERE element = 'Interpreters')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ForeignChildren' AND module LIKE value ESCAPE '\')) OR eid IN (SELECT eid FROM opened WHERE cmdline LIKE '%-embedding %.msc%')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'HiddenEndings' AND console LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousMSCPathRegex' AND console LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedMSCList' AND console LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer, process_key, path, '', module_path, 'loaded ' || module_path FROM loaded
  WHERE module_name IN (SELECT lower(value) FROM t WHERE element = 'ScriptEngines')
    OR 1 = (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SignedToUnsignedTransition') AND (is_signed = 0 OR signature_status NOT IN ('', 'Valid'))
      AND EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousMSCPathRegex' AND lower(module_path) LIKE value ESCAPE '\')
  UNION ALL
  SELECT n.eid, s.eid || ',' || n.eid, n.computer, n.process_key, n.path, coalesce(s.console, ''), '', 'started by ' || s.parent_path || ' spoke to ' || n.remote_address
  FROM spoke AS n JOIN strange AS s ON s.process_key = n.process_key AND s.eid < n.eid
  WHERE n.time_ns - s.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ExternalIPAllowlist'
      AND CASE WHEN (instr(value, ':') > 0) = (instr(n.remote_address, ':') > 0) THEN in_cidr_block(value, n.remote_address) END)
  UNION ALL
  SELECT s.eid, max(c.eid) || ',' || s.eid, s.computer, s.process_key, s.path, coalesce(s.console, ''), c.clsid, 'started after the class ' || c.clsid || ' was registered'
  FROM strange AS s JOIN classes AS c ON c.computer = s.computer AND c.eid < s.eid
  WHERE s.time_ns - c.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND c.clsid NOT IN (SELECT value FROM t WHERE element = 'AllowedCLSIDs') GROUP BY s.eid
),
ranked AS (SELECT *, row_number() OVER (PARTITION BY computer, mmc ORDER BY eid) AS place FROM acts)
SELECT eid, eids, path || ' ' || did AS summary, coalesce(console, '') AS console_file, module FROM ranked WHERE place = 1
