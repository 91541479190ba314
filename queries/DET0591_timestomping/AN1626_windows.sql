-- id: AN1626
-- name: File times or the clock set back
-- strategy: DET0591
-- technique: T1070.006
-- tactics: Defense Evasion
-- platform: windows
-- description: A program gives a file a creation time months before the one it had (a program file: a day before, if the
--   program lies outside the system's folders), one that lies ahead, or within the window back the one it had before; a
--   script or a PowerShell command names what sets file times or the clock; or the system's clock is moved by an hour or
--   more. Programs that keep times are left out.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security, EDR:file
-- tables: file_changes, eventlog_records, api_calls
-- extra: target_btime, set_back_seconds
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 300 | TimeWindow | Longest time from a change of a file's time to the one that undoes it.
--   APINamePattern | like | API or script text | SetFileTime | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | SetSystemTime | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | NtSetInformationFile | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %setfiletime% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %ntsetinformationfile% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %::setcreationtime% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %::setlastwritetime% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %::setlastaccesstime% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %set-date % | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %(set-date)% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %timestomp% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %touch% -t 20% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %touch% -d % | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %touch% --date% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %touch% -r % | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %::setcreationtimeutc% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %::setlastwritetimeutc% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   APINamePattern | like | API or script text | %zwsetinformationfile% | APINamePattern | Calls that set times, as api names or, between %, as scripts write them, in lower case.
--   TimeSetters | text | executable name | powershell.exe | apiwatch | Interpreters whose command lines are read like scripts.
--   TimeSetters | text | executable name | pwsh.exe | apiwatch | Interpreters whose command lines are read like scripts.
--   TimeSetters | text | executable name | cmd.exe | apiwatch | Interpreters whose command lines are read like scripts.
--   TimeSetters | text | executable name | touch.exe | apiwatch | Interpreters whose command lines are read like scripts.
--   TimeSetters | text | executable name | busybox.exe | apiwatch | Interpreters whose command lines are read like scripts.
--   TimeSetters | text | executable name | bash.exe | apiwatch | Interpreters whose command lines are read like scripts.
--   TimestampDeltaThreshold | seconds | seconds | 7776000 | TimestampDeltaThreshold | Least time by which a file's creation is set back.
--   ProgramDeltaThreshold | seconds | seconds | 86400 | apiwatch | The same for a program file that a program outside the system's folders changes.
--   FutureDelta | seconds | seconds | 86400 | apiwatch | Least time by which a file's creation is set ahead of the present.
--   ProgramExtensions | text | extension | exe | apiwatch | Endings of program files.
--   ProgramExtensions | text | extension | dll | apiwatch | Endings of program files.
--   ProgramExtensions | text | extension | sys | apiwatch | Endings of program files.
--   ProgramExtensions | text | extension | aspx | apiwatch | Endings of program files.
--   ProgramExtensions | text | extension | ps1 | apiwatch | Endings of program files.
--   ClockDelta | seconds | seconds | 3600 | apiwatch | Least time by which the clock is moved.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\svchost.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\msiexec.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\explorer.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\oobe\\% | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\WinSxS\\%\\TiWorker.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\VBoxService.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Program Files%\\%\\vmtoolsd.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Program Files%\\Microsoft\\Edge\\Application\\% | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Program Files%\\Google\\Chrome\\Application\\% | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Program Files%\\Mozilla Firefox\\% | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Program Files%\\7-Zip\\% | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Program Files\\Microsoft OneDrive\\% | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | %\\AppData\\Local\\Microsoft\\OneDrive\\% | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\robocopy.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\xcopy.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\tar.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\dfsrs.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Windows\\System32\\wbengine.exe | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   KeepersOfTimes | like | executable path | C:\\Program Files%\\WinRAR\\% | apiwatch | Programs that keep the clock or give files the times of their origin: installers, browsers, archivers, hypervisor tools.
--   ModulePaths | like | script path | C:\\Windows\\System32\\WindowsPowerShell\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files%\\WindowsPowerShell\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files\\PowerShell\\%\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
-- benign:
--   A copy, synchronisation or backup program outside the listed paths that gives files the times of their originals.
--   An administrator who sets a wrong clock by hand; a build script that gives its output a fixed time; a script that copies times.
-- limits:
--   Creation times need Sysmon's event 2, the clock 4616 of WinEventLog:Security, scripts WinEventLog:PowerShell, commands process creation.
--   Sysmon tells of creation times only: a change of the last write or access shows where a script or an API feed tells of it.
--   Times changed on the raw disk, and the difference between a file's two sets of times ($SI and $FN), raise no event.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0591
--   https://learn.microsoft.com/windows/security/threat-protection/auditing/event-4616
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1626'
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, system_path, target_path, target_extension, old_btime, target_btime,
    lag(old_btime) OVER w AS first_btime, lag(time_ns) OVER w AS first_ns, lag(eid) OVER w AS first_eid
  FROM file_changes
  WHERE api IN (SELECT value FROM t WHERE element = 'APINamePattern') AND action = 'times' AND old_btime > 0
  WINDOW w AS (PARTITION BY computer, target_path ORDER BY eid)
),
moved AS MATERIALIZED (
  SELECT eid, computer, pid, process_key, path, abs(strftime('%s', substr(fields ->> '$.NewTime', 1, 19))
    - strftime('%s', substr(fields ->> '$.PreviousTime', 1, 19))) AS delta
  FROM eventlog_records WHERE api = 'SetSystemTime'
),
scripted AS MATERIALIZED (
  SELECT eid, computer, pid, process_key, path, CASE api WHEN 'ScriptBlock' THEN target_path ELSE '' END AS script_path,
    lower(CASE api WHEN 'ScriptBlock' THEN substr(arguments, 8) ELSE cmdline END) AS script FROM api_calls
  WHERE api IN ('ScriptBlock', 'CreateProcess') AND (api = 'ScriptBlock' OR name IN (SELECT value FROM t WHERE element = 'TimeSetters'))
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'APINamePattern' AND value LIKE '\%%' ESCAPE '\' UNION SELECT '%creationtime%' UNION SELECT '%lastwritetime%' UNION SELECT '%lastaccesstime%')
),
stamped AS (
  SELECT eid, CASE WHEN undone THEN first_eid || ',' || eid ELSE eid END AS eids, computer, pid, process_key, path, target_path AS what,
    target_btime, old_btime - target_btime AS delta
  FROM (SELECT *, first_btime = target_btime AND first_btime <> old_btime AND system_path = 0
    AND time_ns - first_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AS undone FROM changed)
  WHERE undone OR target_btime - time_ns / 1000000000 >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FutureDelta') OR old_btime - target_btime >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimestampDeltaThreshold')
    OR system_path = 0 AND target_extension IN (SELECT value FROM t WHERE element = 'ProgramExtensions')
      AND old_btime - target_btime >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ProgramDeltaThreshold')
  UNION ALL
  SELECT eid, eid, computer, pid, process_key, path, 'the clock', NULL, delta FROM moved
  WHERE delta >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ClockDelta')
  UNION ALL
  SELECT eid, eid, computer, pid, process_key, coalesce(nullif(path, ''), 'a script'), 'file times', NULL, NULL FROM scripted
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'APINamePattern' AND value LIKE '\%%' ESCAPE '\' AND script LIKE value ESCAPE '\')
      OR regex_match(script, '[.](creationtime|lastwritetime|lastaccesstime)(utc)? *=[^=]', 0) IS NOT NULL
      OR regex_match(script, '(set-itemproperty|^ *sp|[;|] *sp) [^;|]*(creationtime|lastwritetime|lastaccesstime)(utc)?[''" ]', 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, what ORDER BY eid) AS place FROM stamped
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'KeepersOfTimes' AND path LIKE value ESCAPE '\')
)
SELECT eid, eids,
  path || CASE what WHEN 'the clock' THEN ' moved the clock by ' || delta || ' seconds' WHEN 'file times' THEN ' sets file times'
    ELSE ' set the creation of ' || what || ' to ' || datetime(target_btime, 'unixepoch') END AS summary,
  target_btime, delta AS set_back_seconds
FROM ranked
WHERE place = 1
