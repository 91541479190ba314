WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1253'),
commands AS MATERIALIZED (
  SELECT eid, computer, process_key, path, cmdline, user, arguments,
    name IN (SELECT value FROM t WHERE element = 'RunAsCommand') AS is_runas
  FROM api_calls
  WHERE api = 'CreateProcess' AND arguments_like IN (
    SELECT '%program=' || value FROM t WHERE element = 'RunAsPrograms'
    UNION SELECT value FROM t WHERE element = 'RunAsWords'
    UNION SELECT '%' || value || '%' FROM t WHERE element IN ('AccountSwitches', 'TokenFunctions')
  )
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM commands
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'HelpSwitches' AND cmdline LIKE value ESCAPE '\')
    AND (is_runas AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryRunAs' AND cmdline LIKE value ESCAPE '\')
      OR NOT is_runas AND EXISTS (SELECT 1 FROM t WHERE element = 'RunAsPrograms' AND arguments LIKE '%program=' || value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element IN ('AccountSwitches', 'TokenFunctions') AND cmdline LIKE value ESCAPE '\'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(user, ''), 'a user') || ' ran a program that starts others as another user: '
    || coalesce(nullif(cmdline, ''), path) AS summary,
  'command' AS how, user AS from_user,
  coalesce((SELECT max(regex_match(lower(cmdline), value, 1)) FROM t WHERE element = 'UserSyntax'), '') AS to_user, '' AS opened
FROM told WHERE place = 1
