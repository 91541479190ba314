WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1375'),
made AS MATERIALIZED (
  SELECT eid, computer, user, regex_match(arguments, 'logon_user=([^=]+)( [a-z_]+=|$)', 1) AS logon_user FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'LogonArguments') AND api IN ('LsaLogonUser', 'CreateProcessWithLogon')
    AND regex_match(arguments, '(new_credentials|explicit_credentials)', 1) = 'new_credentials'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedImpersonators' AND (path LIKE value ESCAPE '\' OR user LIKE value ESCAPE '\'))
    AND (logon_id NOT IN (SELECT value FROM t WHERE element = 'SystemLogonIds')
      OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryServices' AND path LIKE value ESCAPE '\'))
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(coalesce(logon_user, '')) ORDER BY eid) AS place FROM made
  WHERE 'new_credentials' IN (SELECT value FROM t WHERE element = 'SuspiciousLogonTypes')
    AND (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentChildUserMismatch') > 0
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  'a session of ' || coalesce(logon_user, user) || ' was made that uses other credentials on the network' AS summary,
  'new_credentials' AS how, coalesce(logon_user, '') AS logon_user, '' AS first_process
FROM told WHERE place = 1
