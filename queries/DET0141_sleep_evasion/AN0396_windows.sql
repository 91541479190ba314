-- not yet rewritten
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
