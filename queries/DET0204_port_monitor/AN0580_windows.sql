-- id: AN0580
-- name: Port monitor registered
-- strategy: DET0204
-- technique: T1547.010
-- tactics: Persistence, Privilege Escalation
-- platform: windows
-- description: A library is registered as a port monitor, which the print spooler loads as SYSTEM at every start: the
--   Driver value of a monitor, or another that names a library, is set by something that does not install printers, as
--   another user than installers run as, or to a library elsewhere; a command or script writes there; or the spooler loads
--   that library without a valid signature within the window after any change.
-- log_sources: WinEventLog:Sysmon
-- tables: registry_changes, process_starts, script_blocks, module_loads
-- extra: monitor, library
-- pyramid_level: 4
-- severity: high
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TargetDLLDirectory | like | file path | C:\\Windows\\System32\\% | TargetDLLDirectory | Folders where libraries of port monitors belong; a name without a folder is one of them.
--   SignedImageValidation | count | yes or no | 1 | SignedImageValidation | 1: a module without a valid signature that the spooler loads after a change completes the chain; 0: any module.
--   UserContextScope | text | security identifier or name | NT AUTHORITY\SYSTEM | UserContextScope | Users as whom installers write there.
--   UserContextScope | text | security identifier or name | SYSTEM | UserContextScope | Users as whom installers write there.
--   TimeWindow | window | seconds | 3600 | TimeWindow | Longest time from a change to the spooler's load.
--   AddMonitorCallContext | like | executable path | C:\\Windows\\System32\\spoolsv.exe | AddMonitorCallContext | Programs that register monitors: the spooler, for those who call AddMonitor, and installers.
--   AddMonitorCallContext | like | executable path | C:\\Windows\\System32\\drvinst.exe | AddMonitorCallContext | Programs that register monitors: the spooler, for those who call AddMonitor, and installers.
--   AddMonitorCallContext | like | executable path | C:\\Windows\\System32\\msiexec.exe | AddMonitorCallContext | Programs that register monitors: the spooler, for those who call AddMonitor, and installers.
--   AddMonitorCallContext | like | executable path | C:\\Windows\\System32\\poqexec.exe | AddMonitorCallContext | Programs that register monitors: the spooler, for those who call AddMonitor, and installers.
--   AddMonitorCallContext | like | executable path | C:\\Windows\\WinSxS\\%\\TiWorker.exe | AddMonitorCallContext | Programs that register monitors: the spooler, for those who call AddMonitor, and installers.
--   WritingWords | like | text | %reg% add %print%monitors% | apiwatch | Command lines and scripts that write below the key.
--   WritingWords | like | text | %new-item%print%monitors% | apiwatch | Command lines and scripts that write below the key.
--   WritingWords | like | text | %set-item%print%monitors% | apiwatch | Command lines and scripts that write below the key.
--   WritingWords | like | text | %print%monitors%setvalue% | apiwatch | Command lines and scripts that write below the key.
--   WritingWords | like | text | %addmonitor%monitor_info% | apiwatch | Command lines and scripts that write below the key.
-- benign:
--   A printer's own setup program that writes the key itself, outside the listed installers.
--   An installer that does not run as SYSTEM; the account of the machine where 4657 names it instead of SYSTEM.
-- limits:
--   Values, libraries and commands need WinEventLog:Sysmon (13, 7, 1) or audited keys and 4688, scripts WinEventLog:PowerShell.
--   AddMonitor raises no event (WinEventLog:Application has none of it): the spooler writes the key for whoever called it, and only the library's place or signature tells.
--   Without registry events for the key a change shows only as a command line or script. Where the library's file came from is not read.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0204
--   https://learn.microsoft.com/windows/win32/printdocs/addmonitor
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0580'
),
registered AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, user, data, regex_match(key_path, '[Mm]onitors.([^\\]+).[^\\]+$', 1) AS monitor
  FROM registry_changes
  WHERE key_path LIKE '%\Control\Print\Monitors\%\%' AND action = 'set_value' AND (key_name = 'driver' OR data LIKE '%.dll')
),
commanded AS MATERIALIZED (
  SELECT eid, computer, process_key, path, cmdline FROM process_starts
  WHERE cmdline LIKE '%print%monitors%' 
),
scripted AS MATERIALIZED (
  SELECT eid, computer, process_key, path, script_text FROM script_blocks
  WHERE script_text LIKE '%monitor%'
),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, module_path, is_signed, signature_status FROM module_loads
  WHERE name = 'spoolsv.exe' LIMIT -EXISTS (SELECT 1 FROM registered)
),
foreign_change AS (
  SELECT * FROM registered
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'AddMonitorCallContext' AND path LIKE value ESCAPE '\')
    OR user <> '' AND user NOT LIKE '%$' AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'UserContextScope')
    OR instr(data, '\') > 0 AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetDLLDirectory' AND data LIKE value ESCAPE '\')
),
acts AS (
  SELECT eid, eid AS eids, computer, process_key, path, monitor, data AS library, 'registered the port monitor ' || monitor AS did FROM foreign_change
  UNION ALL
  SELECT eid, eid, computer, process_key, path, '', '', 'was told to register a port monitor' FROM commanded
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'WritingWords' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer, process_key, coalesce(nullif(path, ''), 'a script'), '', '', 'writes a port monitor' FROM scripted
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'WritingWords' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT l.eid, r.eid || ',' || l.eid, l.computer, l.process_key, l.path, r.monitor, l.module_path, 'loaded a module for the port monitor ' || r.monitor
  FROM loaded AS l JOIN registered AS r ON r.computer = l.computer AND r.eid < l.eid
    AND lower(l.module_path) LIKE '%\' || replace(replace(lower(regex_match(r.data, '[^\\]+$', 0)), '%', ''), '_', '%')
  WHERE l.time_ns - r.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND (l.is_signed = 0 OR l.signature_status NOT IN ('', 'Valid') OR 0 = (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SignedImageValidation'))
    AND r.eid NOT IN (SELECT eid FROM foreign_change)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, did = 'writes a port monitor' ORDER BY eid) AS place FROM acts
)
SELECT eid, eids, path || ' ' || did || CASE library WHEN '' THEN '' ELSE ': ' || library END AS summary, monitor, library
FROM ranked
WHERE place = 1
