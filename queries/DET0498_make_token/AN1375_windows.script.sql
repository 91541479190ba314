WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1375'),
said AS MATERIALIZED (
  SELECT eid, computer, coalesce(nullif(process_key, ''), user) AS process, user, arguments,
    CASE api WHEN 'CreateProcess' THEN 'command' ELSE 'script' END AS how
  FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element IN ('LogonFunctions', 'SessionCommands'))
    AND api IN ('ScriptBlock', 'AmsiScanBuffer', 'CreateProcess')
),
told AS (SELECT *, row_number() OVER (PARTITION BY computer, process ORDER BY eid) AS place FROM said)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a ' || how || ' of ' || coalesce(nullif(user, ''), 'a user')
    || ' logs a user on: ' || replace(substr(arguments, 1, 200), char(10), ' ') AS summary,
  how, '' AS logon_user, '' AS first_process
FROM told WHERE place = 1
