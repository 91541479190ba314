WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0786'),
registered AS MATERIALIZED (
  SELECT eid, computer, path, user, coalesce(nullif(process_key, ''), logon_id) AS process, arguments FROM api_calls
  WHERE arguments_like = 'action=create%requires=%' AND api = 'RegisterTask' AND system_path = 0
    AND logon_id IN (SELECT value FROM t WHERE element = 'ServiceLogons')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process ORDER BY eid) AS place FROM registered
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'KnownAdminTools' AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, user || ' registered a task that requires privileges for its token' AS summary,
  'task' AS how, user AS from_user, coalesce(regex_match(arguments, '(logon_user|object)=([^ ]+)', 2), '') AS to_user
FROM told WHERE place = 1
