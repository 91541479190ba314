-- id: AN1562
-- name: Language settings asked for again and again by a script
-- strategy: DET0565
-- technique: T1614.001
-- tactics: Discovery
-- platform: linux
-- description: Within a short time one parent, on behalf of a user who has no business with it or without a terminal, runs
--   different commands that tell the system's language: locale, localectl, or a look at LANG or the file that sets it.
-- log_sources: auditd:SYSCALL, linux:Sysmon
-- tables: process_starts
-- extra: commands
-- pyramid_level: 2
-- severity: low
-- interval: 30
-- window: 60
-- tuning:
--   UserContext | text | user name | root | UserContext | Users who may ask from a terminal or from a program that packages installed.
--   LanguageCommands | text | executable name | locale | apiwatch | Commands that tell the language.
--   LanguageCommands | text | executable name | localectl | apiwatch | Commands that tell the language.
--   DistinctCommands | count | command lines | 2 | apiwatch | How many different ones one parent must run.
-- benign:
--   A profile script or an installer that asks for locale and for locale -a.
-- limits:
--   A shell that expands LANG itself, or a program that reads it from its environment, runs no command.
--   Commands run by different parents are not joined.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0565
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1562'
),
asked AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, cmdline, user, tty FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'LanguageCommands') AND parent_process_key <> ''
),
viewed AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, cmdline, user, tty FROM process_starts
  WHERE parent_process_key IN (SELECT parent_process_key FROM asked)
    AND regex_match(cmdline, '(^|/)(printenv|env|echo|cat|grep)( .*)?(LANG|LC_|locale)', 0) IS NOT NULL
  LIMIT -EXISTS (SELECT 1 FROM asked)
),
both AS (
  SELECT * FROM asked UNION SELECT * FROM viewed
),
parents AS MATERIALIZED (
  SELECT parent_process_key FROM both
  WHERE user NOT IN (SELECT value FROM t WHERE element = 'UserContext')
  GROUP BY parent_process_key
  HAVING count(DISTINCT cmdline) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctCommands')
),
counted AS (
  SELECT b.*, (
      SELECT count(DISTINCT a.cmdline) FROM both AS a
      WHERE a.parent_process_key = b.parent_process_key AND a.eid <= b.eid AND b.time_ns - a.time_ns <= 60000000000
    ) AS commands
  FROM both AS b
  WHERE b.parent_process_key IN (SELECT parent_process_key FROM parents)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM counted
  WHERE commands >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctCommands')
)
SELECT eid, (SELECT group_concat(a.eid) FROM (SELECT eid FROM both WHERE parent_process_key = r.parent_process_key AND eid <= r.eid
    AND r.time_ns - time_ns <= 60000000000 ORDER BY eid) AS a) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' ran ' || commands || ' different commands that tell the language' AS summary,
  commands
FROM ranked AS r
WHERE place = 1
