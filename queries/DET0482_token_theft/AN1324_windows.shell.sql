WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1324'),
started AS MATERIALIZED (
  SELECT eid, computer, process_key, path, cmdline, user, user_sid, logon_id FROM api_calls
  WHERE arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'LentShells') AND api = 'CreateProcess'
    AND system_path = 0 AND path LIKE '_:\%'
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, user ORDER BY eid) AS place FROM started
  WHERE (logon_id IN (SELECT value FROM t WHERE element = 'ServiceLogonIds') OR EXISTS (
      SELECT 1 FROM t WHERE element = 'ImpersonatingAccounts' AND (user LIKE value ESCAPE '\' OR user_sid LIKE value ESCAPE '\')
    ))
    AND EXISTS (SELECT 1 FROM t WHERE element = 'LentShells' AND cmdline LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' of ' || user || ' is told to start a shell: ' || cmdline AS summary,
  'shell' AS how, '' AS pipe, user AS from_user
FROM told WHERE place = 1
