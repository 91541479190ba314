-- id: AN0430
-- name: Time or time zone asked for by a command or script
-- strategy: DET0151
-- technique: T1124
-- tactics: Discovery
-- platform: windows
-- description: A shell, a script or an unknown program asks for the time zone or another machine's time (w32tm /tz, net
--   time \\host, Get-TimeZone), except of users in UserContextScope, other than below OddStarters, and of what the same
--   parent program asked often; or it asks in any way, also an ordinary one such as date /t or Get-Date, and the same
--   parent or script creates a scheduled task or sleeps long within the window.
-- log_sources: WinEventLog:Security, WinEventLog:PowerShell
-- tables: process_starts, script_blocks
-- extra: scheduled_by
-- pyramid_level: 2
-- severity: low
-- interval: 30
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 600 | TimeWindow | Longest time from the question to the scheduling of a job.
--   AllowedParents | text | executable path | C:\Windows\CCM\CcmExec.exe | AllowedParents | Parents that may ask, by full path.
--   AllowedParents | text | executable path | C:\Windows\System32\msiexec.exe | AllowedParents | Parents that may ask, by full path.
--   AllowedParents | text | executable path | C:\Windows\servicing\TrustedInstaller.exe | AllowedParents | Parents that may ask, by full path.
--   AllowedParents | text | executable path | C:\Windows\System32\gpscript.exe | AllowedParents | Parents that may ask, by full path.
--   AllowedParents | text | executable path | C:\Program Files (x86)\Microsoft Intune Management Extension\Microsoft.Management.Services.IntuneWindowsAgent.exe | AllowedParents | Parents that may ask, by full path.
--   AllowedParents | text | executable path | C:\Program Files\Microsoft Monitoring Agent\Agent\MonitoringHost.exe | AllowedParents | Parents that may ask, by full path.
--   AllowedParents | text | executable path | C:\Program Files\VMware\VMware Tools\vmtoolsd.exe | AllowedParents | Parents that may ask, by full path.
--   CommandlineKeywordList | like | command line or script | %w32tm%/tz% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %w32tm%-tz% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %w32tm%/stripchart% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %w32tm%/monitor% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %w32tm%/query% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | net  time% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net.exe  time% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net% time \\\\% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net.exe% time | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net.exe" time% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | net time% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net1% time% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %tzutil%/g% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %tzutil%/l% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %get-timezone% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %[timezoneinfo]::local% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %[system.timezone% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %win32_timezone% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %win32_localtime% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %localdatetime% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %timezone get% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %reg%query%timezoneinformation% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %gettimezoneinformation% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %getsystemtime% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %cmd%/c%time /t | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %cmd%/c%time /t" | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %cmd%/c%echo \%date\%%\%time\%% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %cmd%/c%net time% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net% statistics work% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net% stats work% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %wmic%lastbootuptime% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %systeminfo%boot time% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %[timezone]::current% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %itemproperty%timezoneinformation% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %gp %timezoneinformation% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %query%\\time zones% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %w32tm%-query% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %w32tm%-stripchart% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %wmic%timezone% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %win32\_utctime% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %w32tm%/dumpreg% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %lastbootuptime% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %get-uptime% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net% stats srv% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net% statistics server% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %net% stats server% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %typeperf%system up time% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %cmd%/c%echo \%time\%% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %cmd%/c%echo \%date\%% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %cmd%/c time /t% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %powershell%get-date | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %powershell%get-date" | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %powershell% get-date -% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %worldtimeapi.org% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %timeapi.io% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   CommandlineKeywordList | like | command line or script | %win32_operatingsystem%localdatetime% | CommandlineKeywordList | Command lines and scripts that ask and are reported by themselves.
--   UserContextScope | text | user name | NT AUTHORITY\SYSTEM | UserContextScope | Users, by name or logon session, of whom asking alone is not reported, only asking before scheduling.
--   UserContextScope | text | user name | NT AUTHORITY\LOCAL SERVICE | UserContextScope | Users, by name or logon session, of whom asking alone is not reported, only asking before scheduling.
--   UserContextScope | text | user name | NT AUTHORITY\NETWORK SERVICE | UserContextScope | Users, by name or logon session, of whom asking alone is not reported, only asking before scheduling.
--   UserContextScope | text | user name | 0x3e7 | UserContextScope | Users, by name or logon session, of whom asking alone is not reported, only asking before scheduling.
--   UserContextScope | text | user name | 0x3e4 | UserContextScope | Users, by name or logon session, of whom asking alone is not reported, only asking before scheduling.
--   UserContextScope | text | user name | 0x3e5 | UserContextScope | Users, by name or logon session, of whom asking alone is not reported, only asking before scheduling.
--   ProcessPrevalenceThreshold | count | times | 5 | ProcessPrevalenceThreshold | How often the same parent program may have asked with the same command line before it counts as usual.
--   TimeCommands | text | executable name | w32tm.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | net.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | net1.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | tzutil.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | wmic.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | reg.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | cmd.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | powershell.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | pwsh.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | typeperf.exe | apiwatch | Programs of the system whose command lines are looked at.
--   TimeCommands | text | executable name | curl.exe | apiwatch | Programs of the system whose command lines are looked at.
--   WeakKeywords | like | command line or script | %get-date% | apiwatch | Ordinary ways of asking, which are reported before scheduling only.
--   WeakKeywords | like | command line or script | %date /t% | apiwatch | Ordinary ways of asking, which are reported before scheduling only.
--   WeakKeywords | like | command line or script | %time /t% | apiwatch | Ordinary ways of asking, which are reported before scheduling only.
--   WeakKeywords | like | command line or script | %[datetime]::now% | apiwatch | Ordinary ways of asking, which are reported before scheduling only.
--   WeakKeywords | like | command line or script | %[datetime]::utcnow% | apiwatch | Ordinary ways of asking, which are reported before scheduling only.
--   WeakKeywords | like | command line or script | %::tickcount% | apiwatch | Ordinary ways of asking, which are reported before scheduling only.
--   WeakKeywords | like | command line or script | %gettickcount% | apiwatch | Ordinary ways of asking, which are reported before scheduling only.
--   WeakKeywords | like | command line or script | %queryperformancecounter% | apiwatch | Ordinary ways of asking, which are reported before scheduling only.
--   ScheduleKeywords | like | command line or script | %schtasks%/create% | apiwatch | Command lines and scripts that schedule a job.
--   ScheduleKeywords | like | command line or script | at.exe %:% | apiwatch | Command lines and scripts that schedule a job.
--   ScheduleKeywords | like | command line or script | %\\at.exe% %:% | apiwatch | Command lines and scripts that schedule a job.
--   ScheduleKeywords | like | command line or script | at %:% | apiwatch | Command lines and scripts that schedule a job.
--   ScheduleKeywords | like | command line or script | %register-scheduledtask% | apiwatch | Command lines and scripts that schedule a job.
--   ScheduleKeywords | like | command line or script | %new-scheduledtasktrigger% | apiwatch | Command lines and scripts that schedule a job.
--   ScheduleCommands | text | executable name | schtasks.exe | apiwatch | Programs of the system that schedule a job.
--   ScheduleCommands | text | executable name | at.exe | apiwatch | Programs of the system that schedule a job.
--   LongSleep | seconds | seconds | 300 | apiwatch | Least number after Start-Sleep in a script or command that asks, to count as scheduling.
--   ModulePaths | like | script path | C:\\Windows\\System32\\WindowsPowerShell\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files%\\WindowsPowerShell\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files\\PowerShell\\%\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
--   OddStarters | like | executable path | %\\regsvr32.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\rundll32.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\mshta.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\wscript.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\cscript.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\msbuild.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\installutil.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\w3wp.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\sqlservr.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\dllhost.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\spoolsv.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\winword.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | %\\excel.exe | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | _:\\Users\\% | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | _:\\ProgramData\\% | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | C:\\Windows\\Temp\\% | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | C:\\Windows\\Tasks\\% | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
--   OddStarters | like | executable path | _:\\PerfLogs\\% | apiwatch | What starts no scripts of the system: commands below them are reported for the accounts in UserContextScope, too.
-- benign:
--   Inventory and monitoring scripts outside the listed agents; an administrator who looks after time synchronisation.
--   A backup or deployment script that writes the date into its log and then registers a task or waits long.
-- limits:
--   Commands need process creation with command lines (WinEventLog:Security or WinEventLog:Sysmon), scripts WinEventLog:PowerShell.
--   GetTickCount, QueryPerformanceCounter, GetSystemTime and NtQuerySystemTime read a shared page: no feed shows the call, only a script that names it.
--   date and time of cmd.exe are no programs: they show in the command line that cmd.exe was started with, or not at all.
--   A task registered by other means than a command or script, and a wait by timeout, ping or a loop, is not told with the question.
--   Of a script only its first Start-Sleep counts, and a SYSTEM of 4688 is known by its logon session. What is usual is counted over what is stored alone.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0151
--   https://learn.microsoft.com/windows-server/networking/windows-time-service/windows-time-service-tools-and-settings
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0430'
),
run AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, parent_process_key, path, parent_path, lower(parent_name) AS parent_name, lower(name) AS name, cmdline, user, logon_id
  FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element IN ('TimeCommands', 'ScheduleCommands')) AND cmdline_like IN (SELECT value FROM t WHERE element IN ('CommandlineKeywordList', 'WeakKeywords', 'ScheduleKeywords') UNION SELECT '%start-sleep%')
),
scripted AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, user, logon_id, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('CommandlineKeywordList', 'WeakKeywords', 'ScheduleKeywords') UNION SELECT '%start-sleep%')
    AND +what IN ('block', 'pipeline', 'engine') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
said AS (
  SELECT eid, time_ns, computer, parent_process_key AS actor, coalesce(nullif(parent_path, ''), 'a process') AS who, cmdline AS words, CASE WHEN odd THEN '' ELSE user END AS user, CASE WHEN odd THEN '' ELSE logon_id END AS logon_id,
    row_number() OVER (PARTITION BY computer, parent_path, cmdline ORDER BY eid) - 1 AS times
  FROM (SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'OddStarters' AND parent_path LIKE value ESCAPE '\') AS odd FROM run) WHERE parent_path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedParents') AND NOT (name = 'net1.exe' AND parent_name = 'net.exe')
  UNION ALL
  SELECT eid, time_ns, computer, coalesce(nullif(process_key, ''), pid), coalesce(nullif(path, ''), 'a script'), script_text, user, logon_id, 0 FROM scripted
),
judged AS MATERIALIZED (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'CommandlineKeywordList' AND words LIKE value ESCAPE '\') AS strong,
    EXISTS (SELECT 1 FROM t WHERE element = 'WeakKeywords' AND words LIKE value ESCAPE '\') AS weak,
    EXISTS (SELECT 1 FROM t WHERE element = 'ScheduleKeywords' AND words LIKE value ESCAPE '\')
      OR coalesce(CAST(regex_match(lower(words), 'start-sleep *(-s[econds]*)? *([0-9]+)', 2) AS INTEGER), 0)
        >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LongSleep') AS schedules
  FROM said
),
chained AS (
  SELECT *, max(CASE WHEN strong OR weak THEN eid END) OVER w AS asked, max(CASE WHEN strong OR weak THEN time_ns END) OVER w AS asked_ns
  FROM judged WHERE strong OR weak OR schedules
  WINDOW w AS (PARTITION BY computer, actor ORDER BY eid)
),
complete AS (
  SELECT *, schedules AND asked IS NOT NULL
    AND time_ns - asked_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AS chain FROM chained
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM complete
  WHERE chain OR strong AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'UserContextScope' AND value IN (user, logon_id) COLLATE NOCASE)
    AND times < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ProcessPrevalenceThreshold')
)
SELECT eid, CASE WHEN chain AND asked <> eid THEN asked || ',' || eid ELSE eid END AS eids,
  who || ' asked for the time' || CASE WHEN chain THEN ' and then scheduled something' ELSE ': ' || substr(words, 1, 120) END AS summary,
  CASE WHEN chain THEN substr(words, 1, 200) ELSE '' END AS scheduled_by
FROM ranked
WHERE place = 1
