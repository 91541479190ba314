WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0903'),
told AS MATERIALIZED (
  SELECT eid, user, coalesce(nullif(cmdline, ''), path) AS command,
    row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place
  FROM api_calls WHERE api = 'CreateProcess' AND arguments_like IN (SELECT value FROM t WHERE element = 'AskedPrograms')
)
SELECT eid, eid AS eids, coalesce(nullif(user, ''), 'a user') || ' listed connections: ' || command AS summary, 'program' AS how, command
FROM told WHERE place = 1
