WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0254'),
started AS MATERIALIZED (
  SELECT eid, api, computer, user, path, cmdline, arguments FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element IN ('ShownBy', 'AskedPrograms')) AND api IN ('CreateProcess', 'RegSetValueEx')
),
told AS (
  SELECT eid, computer, user, path AS command, coalesce(nullif(path, ''), 'a program') || ' asks who is logged on' AS summary FROM started
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ShownBy' AND arguments LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemFolders' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, computer, user, cmdline, coalesce(nullif(user, ''), 'a user') || ' asked who is logged on: ' || substr(cmdline, 1, 160)
  FROM started WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AskedPrograms' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IdentityChecks' AND cmdline LIKE value ESCAPE '\')
),
ordered AS (SELECT *, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM told)
SELECT eid, CAST(eid AS TEXT) AS eids, summary, 'program' AS how, command FROM ordered WHERE place = 1
