-- id: AN0431
-- name: Time asked for in several ways, or before a job is scheduled
-- strategy: DET0151
-- technique: T1124
-- tactics: Discovery
-- platform: linux
-- description: One parent asks for the time, the time zone or the uptime in different ways within the window, or asks for it and
--   then schedules a job with crontab or at, as an implant does that waits for its hour.
-- log_sources: auditd:SYSCALL, linux:cron
-- tables: process_starts, api_calls
-- extra: ways, scheduled_by
-- pyramid_level: 2
-- severity: low
-- interval: 30
-- window: TimeWindow
-- tuning:
--   AuditRulesSyscalls | text | API | clock_settime | AuditRulesSyscalls | Calls that count as asking, where a feed has them; the clock itself is read without a system call.
--   AuditRulesSyscalls | text | API | adjtimex | AuditRulesSyscalls | Calls that count as asking, where a feed has them; the clock itself is read without a system call.
--   AllowedBinaries | text | executable path | /usr/bin/make | AllowedBinaries | Parents that may ask, by full path.
--   AllowedBinaries | text | executable path | /usr/sbin/cron | AllowedBinaries | Parents that may ask, by full path.
--   AllowedBinaries | text | executable path | /usr/bin/ansible | AllowedBinaries | Parents that may ask, by full path.
--   TimeWindow | window | seconds | 300 | TimeWindow | Longest time from the first to the last.
--   UserContextScope | text | user name | root | UserContextScope | Users of whom asking alone is not reported, only asking before scheduling.
--   TimeCommands | text | executable name | timedatectl | apiwatch | Commands that tell the time and little else.
--   TimeCommands | text | executable name | hwclock | apiwatch | Commands that tell the time and little else.
--   TimeCommands | text | executable name | uptime | apiwatch | Commands that tell the time and little else.
--   TimeCommands | text | executable name | date | apiwatch | Commands that tell the time and little else.
--   ReaderCommands | text | executable name | cat | apiwatch | Commands that show a file; with /etc/timezone or /proc/uptime they count as asking.
--   ReaderCommands | text | executable name | head | apiwatch | Commands that show a file; with /etc/timezone or /proc/uptime they count as asking.
--   ReaderCommands | text | executable name | tail | apiwatch | Commands that show a file; with /etc/timezone or /proc/uptime they count as asking.
--   ReaderCommands | text | executable name | less | apiwatch | Commands that show a file; with /etc/timezone or /proc/uptime they count as asking.
--   ReaderCommands | text | executable name | grep | apiwatch | Commands that show a file; with /etc/timezone or /proc/uptime they count as asking.
--   ReaderCommands | text | executable name | awk | apiwatch | Commands that show a file; with /etc/timezone or /proc/uptime they count as asking.
--   ReaderCommands | text | executable name | mawk | apiwatch | Commands that show a file; with /etc/timezone or /proc/uptime they count as asking.
--   ReaderCommands | text | executable name | cut | apiwatch | Commands that show a file; with /etc/timezone or /proc/uptime they count as asking.
--   ScheduleCommands | text | executable name | crontab | apiwatch | Commands that schedule a job.
--   ScheduleCommands | text | executable name | at | apiwatch | Commands that schedule a job.
--   DistinctWays | count | ways | 3 | apiwatch | How many different ways of asking are reported by themselves.
-- benign:
--   Monitoring and inventory scripts that print date, uptime and time zone.
-- limits:
--   time(), gettimeofday() and clock_gettime() do not enter the kernel (vDSO), so a program that reads the clock itself is not seen.
--   Reading /proc/uptime is seen only as a command that names it.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0151
--   https://man7.org/linux/man-pages/man7/vdso.7.html
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0431'
),
ran AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, name, cmdline, user FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element IN ('TimeCommands', 'ScheduleCommands'))
),
viewed AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, cmdline, user FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReaderCommands')
    AND cmdline LIKE '%c/%time%' -- /etc/timezone and /proc/uptime in one call
),
called AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, api, user FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'AuditRulesSyscalls')
),
asked AS (
  SELECT eid, time_ns, parent_process_key, parent_path, name AS way, user, 0 AS scheduling FROM ran
  WHERE name IN (SELECT value FROM t WHERE element = 'TimeCommands')
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, regex_match(cmdline, '(/proc/uptime|/etc/timezone)', 1), user, 0 FROM viewed
  WHERE regex_match(cmdline, '(/proc/uptime|/etc/timezone)', 1) IS NOT NULL
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, api, user, 0 FROM called
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, name, user, 1 FROM ran
  WHERE name IN (SELECT value FROM t WHERE element = 'ScheduleCommands') AND regex_match(cmdline, ' -l', 0) IS NULL
),
parents AS MATERIALIZED (
  SELECT parent_process_key FROM asked
  WHERE parent_process_key <> '' AND parent_path NOT IN (SELECT value FROM t WHERE element = 'AllowedBinaries')
  GROUP BY parent_process_key
  HAVING max(scheduling) = 1 OR count(DISTINCT way) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctWays')
),
counted AS (
  SELECT b.*, count(DISTINCT a.way) AS ways, group_concat(a.eid) AS before, max(a.way) AS any_way
  FROM asked AS b JOIN asked AS a ON a.parent_process_key = b.parent_process_key AND a.eid <= b.eid AND a.scheduling = 0
  WHERE b.parent_process_key IN (SELECT parent_process_key FROM parents)
    AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM counted
  WHERE scheduling = 1 OR ways >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctWays')
    AND user NOT IN (SELECT value FROM t WHERE element = 'UserContextScope')
)
SELECT eid, CASE scheduling WHEN 1 THEN before || ',' || eid ELSE before END AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' asked for the time in ' || ways || ' ways'
    || CASE scheduling WHEN 1 THEN ' and then ran ' || way ELSE '' END AS summary,
  ways, CASE scheduling WHEN 1 THEN way ELSE '' END AS scheduled_by
FROM ranked
WHERE place = 1
