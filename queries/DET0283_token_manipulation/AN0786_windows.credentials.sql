WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0786'),
used AS MATERIALIZED (
  SELECT eid, computer, path, user, coalesce(nullif(process_key, ''), logon_id) AS process, arguments FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'LocalTargets') AND api = 'CreateProcessWithLogon'
    AND system_path = 0 AND path <> ''
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process ORDER BY eid) AS place FROM used
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'KnownAdminTools' AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' of ' || user || ' used the credentials of '
    || coalesce(regex_match(arguments, 'logon_user=([^=]+) [a-z_]+=', 1), 'another user') AS summary,
  'credentials' AS how, user AS from_user, coalesce(regex_match(arguments, '(logon_user|object)=([^ ]+)', 2), '') AS to_user
FROM told WHERE place = 1
