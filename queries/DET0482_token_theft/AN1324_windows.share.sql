WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1324'),
opened AS MATERIALIZED (
  SELECT eid, computer, user, logon_id, lower(target_name) AS pipe FROM api_calls
  WHERE arguments_like = 'share=%IPC$%pipe=%' AND api IN ('CreateNamedPipe', 'ConnectNamedPipe')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pipe ORDER BY eid) AS place FROM opened
  WHERE logon_id IN (SELECT value FROM t WHERE element = 'ServiceLogonIds')
    AND pipe NOT IN (SELECT value FROM t WHERE element = 'ServicePipes')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a service account reached its own pipe \' || pipe || ' through the share IPC$' AS summary,
  'share' AS how, '\' || pipe AS pipe, user AS from_user
FROM told WHERE place = 1
