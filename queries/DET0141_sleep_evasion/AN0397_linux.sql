-- id: AN0397
-- name: Script that sleeps many times before it acts
-- strategy: DET0141
-- technique: T1497.003
-- tactics: Defense Evasion, Discovery
-- platform: linux
-- description: An interpreter runs one sleep or ping after another with nothing in between, and then opens a connection or runs
--   a command: the delay that outlasts a sandbox.
-- log_sources: auditd:SYSCALL
-- tables: process_starts, network_flows
-- extra: sleeps, action
-- pyramid_level: 2
-- severity: low
-- interval: 30
-- window: 600
-- tuning:
--   SleepLoopCount | count | commands | 5 | SleepLoopCount | How many sleeps in a row are reported.
--   ExecutionScriptType | text | executable name | bash | ExecutionScriptType | Interpreters whose scripts are watched.
--   ExecutionScriptType | text | executable name | sh | ExecutionScriptType | Interpreters whose scripts are watched.
--   ExecutionScriptType | text | executable name | dash | ExecutionScriptType | Interpreters whose scripts are watched.
--   ExecutionScriptType | text | executable name | zsh | ExecutionScriptType | Interpreters whose scripts are watched.
--   ExecutionScriptType | text | executable name | busybox | ExecutionScriptType | Interpreters whose scripts are watched.
--   ExecutionScriptType | text | executable name | perl | ExecutionScriptType | Interpreters whose scripts are watched.
--   ExecutionScriptType | text | executable name | python3 | ExecutionScriptType | Interpreters whose scripts are watched.
--   ExecutionScriptType | text | executable name | python3.11 | ExecutionScriptType | Interpreters whose scripts are watched.
--   DelayCommands | text | executable name | sleep | apiwatch | Commands that only let time pass.
--   DelayCommands | text | executable name | usleep | apiwatch | Commands that only let time pass.
--   DelayCommands | text | executable name | ping | apiwatch | Commands that only let time pass.
-- benign:
--   A script that waits for a file or a service with tests built into the shell, and then goes on.
-- limits:
--   An interpreter that sleeps by itself (time.sleep, read -t) runs no command.
--   A file that the shell creates by itself is not seen: only a command or a connection completes the chain.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0141
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0397'
),
slept AS MATERIALIZED (
  SELECT eid, parent_process_key, parent_path, parent_name FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'DelayCommands')
),
scripts AS MATERIALIZED (
  SELECT parent_process_key AS script, min(eid) AS since FROM slept
  WHERE parent_name IN (SELECT value FROM t WHERE element = 'ExecutionScriptType')
  GROUP BY parent_process_key
  HAVING count(*) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SleepLoopCount')
),
ran AS MATERIALIZED (
  SELECT eid, parent_process_key AS script, name, cmdline AS action, parent_path FROM process_starts
  WHERE parent_process_key IN (SELECT script FROM scripts) LIMIT -EXISTS (SELECT 1 FROM scripts)
),
connected AS MATERIALIZED (
  SELECT eid, process_key AS script, '' AS name, 'connect to ' || remote_address || ':' || remote_port AS action, path FROM network_flows
  WHERE process_key IN (SELECT script FROM scripts) AND family <> 'unix' LIMIT -EXISTS (SELECT 1 FROM scripts)
),
story AS (
  SELECT *, name IN (SELECT value FROM t WHERE element = 'DelayCommands') AS is_delay
  FROM (SELECT * FROM ran UNION ALL SELECT * FROM connected)
),
runs AS (
  SELECT *, sum(NOT is_delay) OVER (PARTITION BY script ORDER BY eid ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - NOT is_delay AS run
  FROM story
),
counted AS (
  SELECT *, sum(is_delay) OVER (PARTITION BY script, run) AS sleeps, min(eid) OVER (PARTITION BY script, run) AS first,
    row_number() OVER (PARTITION BY script, run, is_delay ORDER BY eid) AS nth
  FROM runs
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY script ORDER BY eid) AS place FROM counted
  WHERE NOT is_delay AND sleeps >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SleepLoopCount')
)
SELECT eid, (SELECT group_concat(c.eid) FROM (SELECT eid FROM counted WHERE script = f.script AND run = f.run AND eid <= f.eid ORDER BY eid LIMIT 50) AS c) AS eids,
  coalesce(nullif(parent_path, ''), 'a script') || ' slept ' || sleeps || ' times in a row and then did: ' || action AS summary,
  sleeps, action
FROM found AS f
WHERE place = 1
