-- id: AN0396
-- name: Long delay by a borrowed command, then the next stage
-- strategy: DET0141
-- technique: T1497.003
-- tactics: Defense Evasion, Discovery
-- platform: windows
-- description: A program waits by a command that was made for something else (ping, timeout, choice, waitfor, w32tm, a sleep in a shell)
--   for longer than the threshold, and the one that started it, or the same command line, then deletes a file, runs a program
--   from a folder of users or starts one of those by which attacks go on. A program or a batch file in a folder of users that waits so
--   for long is reported at once, and so is a script that ends where the system has not run for long or sleeps before a next stage.
-- log_sources: WinEventLog:Sysmon
-- tables: process_starts, script_blocks
-- extra: delay_seconds, next_stage
-- pyramid_level: 3
-- severity: low
-- interval: 30
-- window: TimeBetweenExecutionAndNextStage
-- tuning:
--   SleepDurationThreshold | count | milliseconds | 2000 | SleepDurationThreshold | Delays shorter than this are not counted.
--   TimeBetweenExecutionAndNextStage | window | seconds | 900 | TimeBetweenExecutionAndNextStage | Longest time from the delay to the next stage, the delay itself not counted.
--   UserContext | like | user name | % | UserContext | Users whose delays count; % is everyone, the system too.
--   DelayPrograms | text | executable name | ping.exe | apiwatch | Programs by which others wait.
--   DelayPrograms | text | executable name | timeout.exe | apiwatch | Programs by which others wait.
--   DelayPrograms | text | executable name | choice.exe | apiwatch | Programs by which others wait.
--   DelayPrograms | text | executable name | waitfor.exe | apiwatch | Programs by which others wait.
--   DelayPrograms | text | executable name | w32tm.exe | apiwatch | Programs by which others wait.
--   Shells | text | executable name | cmd.exe | apiwatch | Shells whose own command line may hold delay and next stage.
--   Shells | text | executable name | powershell.exe | apiwatch | Shells whose own command line may hold delay and next stage.
--   Shells | text | executable name | pwsh.exe | apiwatch | Shells whose own command line may hold delay and next stage.
--   NextStagePatterns | like | command line | %del % | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %erase % | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %Remove-Item% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %\\Users\\Public\\% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %\\AppData\\% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %\\Temp\\% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %\\ProgramData\\% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %schtasks%/create% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %reg%add%\\Run% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %net%use%\\\\\\\\% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %wmic%/node% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %sc%\\\\\\\\%create% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %rundll32% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %regsvr32% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %mshta% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %bitsadmin% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %certutil% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %DownloadString% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %Invoke-WebRequest% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %vssadmin% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %wevtutil%cl% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %shutdown% | apiwatch | What comes after the delay.
--   NextStagePatterns | like | command line | %taskkill% | apiwatch | What comes after the delay.
--   OrdinaryStarters | like | executable path | _:\\Program Files\\% | apiwatch | Programs whose scripts wait in such ways by right.
--   OrdinaryStarters | like | executable path | _:\\Program Files (x86)\\% | apiwatch | Programs whose scripts wait in such ways by right.
--   BorrowingStarters | like | executable path | _:\\Users\\% | apiwatch | Programs in such places that wait by another program instead of by themselves are reported for a delay of LoneDelay.
--   BorrowingStarters | like | executable path | _:\\ProgramData\\% | apiwatch | Programs in such places that wait by another program instead of by themselves are reported for a delay of LoneDelay.
--   BorrowingStarters | like | executable path | _:\\Windows\\Temp\\% | apiwatch | Programs in such places that wait by another program instead of by themselves are reported for a delay of LoneDelay.
--   BorrowingStarters | like | executable path | _:\\PerfLogs\\% | apiwatch | Programs in such places that wait by another program instead of by themselves are reported for a delay of LoneDelay.
--   LoneDelay | count | milliseconds | 8000 | apiwatch | Least delay that is reported without a next stage.
--   BatchDelay | count | milliseconds | 60000 | apiwatch | Least delay by a command in a batch file that lies in one of BorrowingStarters for which it is reported by itself.
--   UptimeScripts | like | script text | %LastBootUpTime%-lt%exit% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %LastBootUpTime%-lt%return% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %LastBootUpTime%-le%exit% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %LastBootUpTime%break% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %TickCount%-lt%exit% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %TickCount%-lt%return% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %GetTickCount%exit% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %Start-Sleep%Get-Date%-lt%exit% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %Stopwatch%Sleep%-lt%exit% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %Sleep(%TickCount%-lt% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %Get-Uptime%-lt%exit% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %NtDelayExecution% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   UptimeScripts | like | script text | %Win32\_PerfFormattedData\_PerfOS\_System%exit% | apiwatch | Scripts that end on a machine which has not run for long, or on which a sleep is cut short.
--   ScriptStages | like | script text | %Sleep%IEX% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%Invoke-Expression% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%DownloadString% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%DownloadData% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%DownloadFile% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%Assembly]::Load% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%VirtualAlloc% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%FromBase64String% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%Start-Process%\\AppData\\% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%Start-Process%\\Temp\\% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%Start-Process%\\Users\\Public% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%Start-Process%$env:% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%rundll32% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%regsvr32% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%mshta% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%; & $% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%;& $% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%Invoke-Command% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptStages | like | script text | %Sleep%Invoke-WmiMethod% | apiwatch | Scripts that go on to a next stage after a sleep of at least ScriptDelay.
--   ScriptDelay | count | milliseconds | 60000 | apiwatch | See ScriptStages.
--   LoneSleep | count | milliseconds | 900000 | apiwatch | Least sleep for which a short script is reported whatever follows.
-- benign:
--   Installers and batch files that wait with ping or timeout before they clean up.
--   A program without an installation that waits by timeout or ping for itself, or an uninstaller that deletes itself so.
-- limits:
--   Read from process creation with command lines (WinEventLog:Sysmon or WinEventLog:Security) and script blocks (WinEventLog:PowerShell); libraries loaded meanwhile (7) are not.
--   Sleep, WaitForSingleObject, timers and loops inside a program raise no event.
--   A delay in a script that is no command is seen where script blocks are logged, and where the script itself goes on to a next stage.
--   A wait of ping for an answer (-w) is counted as if none came.
--   The delay is computed from the command line: a host that does not answer makes a ping last longer.
--   What the next stage did is judged by its command line; a stage that shares neither starter nor command line with the delay is not joined.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0141
--   https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/timeout
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0396'),
started AS MATERIALIZED (
  SELECT eid, time_ns, lower(name) AS name, lower(cmdline) AS cmdline, path, user, process_key, parent_process_key, parent_path, parent_cmdline, computer FROM process_starts
  WHERE name COLLATE NOCASE IN (SELECT value FROM t WHERE element IN ('DelayPrograms', 'Shells'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryStarters' AND parent_path LIKE value ESCAPE '\') AND EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
),
measured AS MATERIALIZED (
  SELECT *, max(
    coalesce(1000 * (CAST(regex_match(cmdline, 'ping(\.exe)?"? .*[-/]n +([0-9]{1,6})', 2) AS INTEGER) - 1), 0),
    coalesce(CAST(regex_match(cmdline, 'ping(\.exe)?"? .*[-/]n +([0-9]{1,6})', 2) AS INTEGER) * CAST(regex_match(cmdline, 'ping(\.exe)?"? .*[-/]w +([0-9]{4,6})', 2) AS INTEGER), 0),
    coalesce(1000 * CAST(regex_match(cmdline, 'timeout(\.exe)?"? +(/t +)?([0-9]{1,6})', 3) AS INTEGER), 0),
    coalesce(1000 * CAST(regex_match(cmdline, '(choice|waitfor)(\.exe)?"? .*/t:? *([0-9]{1,6})', 3) AS INTEGER), 0),
    coalesce(1000 * CAST(regex_match(cmdline, 'w32tm.*/period:([0-9]{1,6})', 1) AS INTEGER), 0),
    coalesce(1000 * CAST(regex_match(cmdline, 'start-sleep +(-s[a-z]* +)?([0-9]{1,6})', 2) AS INTEGER), 0),
    coalesce(CAST(regex_match(cmdline, 'start-sleep +-m[a-z]* +([0-9]{1,9})', 1) AS INTEGER), 0)) AS ms FROM started
),
delays AS MATERIALIZED (
  SELECT *, CASE WHEN name IN (SELECT value FROM t WHERE element = 'Shells') THEN process_key ELSE parent_process_key END AS waiter FROM measured
  WHERE ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SleepDurationThreshold')
),
slept AS MATERIALIZED (
  SELECT eid, time_ns, coalesce(nullif(process_key, ''), nullif(block_id, ''), eid) AS waiter, coalesce(nullif(path, ''), 'a script') AS path, lower(script_text) AS words FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('UptimeScripts', 'ScriptStages') UNION SELECT '%Sleep %' UNION SELECT '%Sleep(%') AND length(script_text) < 16384 AND +what IN ('block', 'pipeline', 'engine')
),
timed AS (
  SELECT *, max(coalesce(1000 * CAST(regex_match(words, 'sleep +(-s[a-z]* +)?[(]?[^0-9;]{0,30}([0-9]{1,6})', 2) AS INTEGER), 0), coalesce(CAST(regex_match(words, 'sleep +-m[a-z]* +([0-9]{1,9})', 1) AS INTEGER), 0), coalesce(CAST(regex_match(words, ']::sleep\(([0-9]{1,9})', 1) AS INTEGER), 0)) AS ms FROM slept
),
after AS MATERIALIZED (
  SELECT eid, time_ns, lower(name) AS name, path, cmdline, parent_process_key FROM process_starts
  WHERE parent_process_key IN (SELECT waiter FROM delays WHERE waiter <> '') LIMIT -EXISTS (SELECT 1 FROM delays WHERE waiter <> '')
),
line AS (
  SELECT eid, time_ns, computer, waiter, path, user, ms, regex_match(CASE WHEN name IN (SELECT value FROM t WHERE element = 'Shells') THEN cmdline ELSE lower(parent_cmdline) END, '(ping|timeout|choice|waitfor|w32tm|start-sleep)[^&|;]*[&|;]+(.*)$', 2) AS rest FROM delays
),
latest AS (
  SELECT * FROM (SELECT *, max(CASE kind WHEN 0 THEN eid END) OVER (PARTITION BY waiter ORDER BY eid, kind) AS delay_eid FROM (
    SELECT eid, time_ns, waiter, path, '' AS cmdline, 0 AS kind FROM delays WHERE waiter <> '' UNION ALL
    SELECT eid, time_ns, parent_process_key, path, cmdline, 1 FROM after WHERE name NOT IN (SELECT value FROM t WHERE element = 'DelayPrograms')))
  WHERE kind = 1 AND delay_eid < eid
),
stages AS (
  SELECT eid, time_ns, waiter, path, ms, rest AS stage, NULL AS delay_eid FROM line WHERE rest <> '' AND EXISTS (SELECT 1 FROM t WHERE element = 'NextStagePatterns' AND rest LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, waiter, path, ms, 'none yet, asked by ' || parent_path, NULL FROM delays WHERE name NOT IN (SELECT value FROM t WHERE element = 'Shells')
    AND ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LoneDelay') AND EXISTS (SELECT 1 FROM t WHERE element = 'BorrowingStarters' AND parent_path LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, waiter, path, ms, 'none yet, in ' || batch, NULL FROM (SELECT *, regex_match(lower(parent_cmdline), '([a-z]:\\[^"<>*?]*[.](bat|cmd))', 1) AS batch FROM delays)
  WHERE ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'BatchDelay') AND EXISTS (SELECT 1 FROM t WHERE element = 'BorrowingStarters' AND batch LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, waiter, path, ms, 'a script that waits or looks how long the system runs: ' || replace(substr(words, 1, 120), char(10), ' '), NULL FROM timed
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'UptimeScripts' AND words LIKE value ESCAPE '\') OR ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LoneSleep') AND length(words) < 400
    OR ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ScriptDelay') AND EXISTS (SELECT 1 FROM t WHERE element = 'ScriptStages' AND words LIKE value ESCAPE '\')
  UNION ALL SELECT a.eid, a.time_ns, a.waiter, a.path, d.ms, a.cmdline, a.delay_eid FROM latest AS a JOIN delays AS d ON d.eid = a.delay_eid
  WHERE a.time_ns - d.time_ns - 1000000 * d.ms <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeBetweenExecutionAndNextStage')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'NextStagePatterns' AND a.cmdline LIKE value ESCAPE '\')
),
ordered AS (
  SELECT *, row_number() OVER (PARTITION BY waiter ORDER BY eid) AS place FROM stages
)
SELECT eid, coalesce(delay_eid || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' goes on after a delay of ' || (ms / 1000) || ' s: ' || stage AS summary,
  ms / 1000 AS delay_seconds, stage AS next_stage
FROM ordered
WHERE place = 1
