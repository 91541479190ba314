WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1045'
),
called AS MATERIALIZED (
  SELECT eid, time_ns, api, path, user, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'DebugCalls')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessAllowList' AND path LIKE value ESCAPE '\')
),
commands AS MATERIALIZED (
  SELECT eid, time_ns, cmdline, path, user, process_key, parent_process_key, computer FROM api_calls
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Commands') AND api = 'CreateProcess'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessAllowList' AND parent_path LIKE value ESCAPE '\')
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, user, process_key, computer FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'DebuggerScripts')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ScriptOwners' AND script_path LIKE value ESCAPE '\')
),
counted AS (
  SELECT *, lag(time_ns, (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ApiCallFrequencyThreshold')) OVER own AS first,
    lag(eid, (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ApiCallFrequencyThreshold')) OVER own AS first_eid
  FROM called WINDOW own AS (PARTITION BY computer, process_key ORDER BY eid)
),
ways AS (
  SELECT eid, time_ns, computer, process_key AS actor, path, api AS object, 'asks for a debugger again and again' AS how, first_eid
  FROM counted
  WHERE time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, time_ns, computer, parent_process_key, path, cmdline, 'looks for debuggers', NULL FROM commands
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'DebuggerNames' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, coalesce(nullif(process_key, ''), user), path, replace(substr(script_text, 1, 200), char(10), ' '),
    'asks for a debugger in a script', NULL
  FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'DebuggerScripts' AND script_text LIKE value ESCAPE '\')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, actor ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place
  FROM ways
)
SELECT eid, coalesce(first_eid || ',', '') || eid AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM ordered
WHERE place = 1 AND (before IS NULL
  OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'RepeatAfter'))
