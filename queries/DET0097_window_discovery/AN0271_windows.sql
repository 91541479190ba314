-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0271'
),
commands AS MATERIALIZED (
  SELECT eid, time_ns, cmdline, path, user, process_key, computer FROM api_calls
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Listers') AND api = 'CreateProcess'
    AND arguments_like IN (SELECT value FROM t WHERE element IN ('ListCommands', 'AccessedFunction'))
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, user, process_key, computer FROM script_blocks WHERE script_text_like IN (SELECT value FROM t WHERE element = 'AccessedFunction')
),
looked_up AS MATERIALIZED (
  SELECT eid, time_ns, path, user, process_key, computer, target_process_key FROM process_accesses
  WHERE system_path = 0 AND call_trace LIKE '%user32%' AND path <> '' AND target_process_key <> process_key
    AND EXISTS (SELECT 1 FROM t WHERE element = 'WindowFrames' AND call_trace LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'WindowPrograms' AND path LIKE value ESCAPE '\')
),
new_targets AS (
  SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctWindows'))) OVER (PARTITION BY computer, process_key ORDER BY eid) AS first
  FROM (SELECT *, row_number() OVER (PARTITION BY computer, process_key, target_process_key ORDER BY eid) AS again FROM looked_up) WHERE again = 1
),
ways AS (
  SELECT eid, time_ns, computer, process_key, user, path, cmdline AS object, 'prints windows' AS how FROM commands
  WHERE EXISTS (SELECT 1 FROM t WHERE element IN ('ListCommands', 'AccessedFunction') AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, process_key, user, path, replace(substr(script_text, 1, 200), char(10), ' '), 'asks for windows in a script' FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'AccessedFunction' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, process_key, user, path, 'many windows', 'looks up the processes of windows' FROM new_targets
  WHERE time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 10 * 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
