WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0271'
),
commands AS MATERIALIZED (
  SELECT eid, time_ns, cmdline, path, user, process_key, computer FROM api_calls
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Listers') AND api = 'CreateProcess'
    AND arguments_like IN (SELECT value FROM t WHERE element IN ('ListCommands', 'AccessedFunction'))
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS before FROM commands
  WHERE EXISTS (SELECT 1 FROM t WHERE element IN ('ListCommands', 'AccessedFunction') AND cmdline LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' prints windows: ' || cmdline AS summary,
  cmdline AS object
FROM ordered
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'RepeatAfter')
