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
SELECT eid, (SELECT group_concat(c.eid) FROM (
    SELECT eid FROM counted WHERE script = f.script AND run = f.run AND eid <= f.eid ORDER BY eid LIMIT 50) AS c) AS eids,
  coalesce(nullif(parent_path, ''), 'a script') || ' slept ' || sleeps
    || iif(sleeps = 1, ' time', ' times') || ' in a row and then did: ' || action AS summary,
  sleeps, action
FROM found AS f
WHERE place = 1
