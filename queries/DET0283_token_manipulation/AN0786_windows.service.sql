WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0786'),
installed AS MATERIALIZED (
  SELECT eid, computer, path, user, arguments, regex_match(arguments, 'service=([^ ]+)', 1) AS service FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'PipeWriters') AND api = 'CreateService' AND system_path = 0
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, service ORDER BY eid) AS place FROM installed
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'KnownAdminTools' AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a service that writes into a pipe was installed: ' || arguments AS summary,
  'service' AS how, user AS from_user, coalesce(regex_match(arguments, '(logon_user|object)=([^ ]+)', 2), '') AS to_user
FROM told WHERE place = 1
