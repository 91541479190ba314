WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
told AS MATERIALIZED (
  SELECT eid, path, cmdline, replace(substr(arguments, 1, 200), char(10), ' ') AS script, api = 'CreateProcess' AS is_command FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'CommandPatterns')
    AND api IN ('CreateProcess', 'ScriptBlock', 'AmsiScanBuffer')
),
said AS (
  SELECT eid, path, CASE WHEN is_command THEN cmdline ELSE script END AS object,
    CASE WHEN is_command THEN 'is told to bypass the prompt' ELSE 'runs a script that bypasses the prompt or switches it off' END AS how
  FROM told
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM said
