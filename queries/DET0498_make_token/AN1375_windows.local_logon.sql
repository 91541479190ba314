WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1375'),
logged AS MATERIALIZED (
  SELECT eid, computer, api, path, system_path, name, user, arguments,
    coalesce(regex_match(arguments, '(new_credentials|explicit_credentials)', 1), 'odd_folder') AS kind,
    regex_match(arguments, 'logon_user=([^=]+)( [a-z_]+=|$)', 1) AS logon_user
  FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'LogonArguments') AND api IN ('LsaLogonUser', 'CreateProcessWithLogon')
),
made AS (
  SELECT * FROM logged
  WHERE kind IN (SELECT value FROM t WHERE element = 'SuspiciousLogonTypes')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedImpersonators' AND (path LIKE value ESCAPE '\' OR user LIKE value ESCAPE '\'))
    AND CASE kind
      WHEN 'odd_folder' THEN
        api = 'LsaLogonUser' AND EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND path LIKE value ESCAPE '\')
      WHEN 'explicit_credentials' THEN path <> ''
        AND EXISTS (SELECT 1 FROM t WHERE element = 'LocalTargets' AND arguments LIKE value ESCAPE '\')
        AND (system_path = 0 OR name IN (SELECT value FROM t WHERE element = 'Interpreters')) END
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, kind, lower(coalesce(logon_user, '')), path ORDER BY eid) AS place FROM made
  WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentChildUserMismatch') > 0
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' of ' || user || ' logged ' || coalesce(logon_user, 'a user') || ' on to this machine' AS summary,
  kind AS how, coalesce(logon_user, '') AS logon_user, '' AS first_process
FROM told WHERE place = 1
