WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0254'),
queries AS MATERIALIZED (
  SELECT eid, time_ns, computer, lower(user) AS account, user, logon_id, replace(lower(ancestry), '\\', '\') AS ancestry,
    coalesce(nullif(cmdline, ''), path) AS cmdline
  FROM api_calls
  WHERE arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'UserQueries')
    AND name IN (SELECT value FROM t WHERE element = 'UserCommands') AND api = 'CreateProcess'
),
shown AS (
  SELECT *, row_number() OVER (
      PARTITION BY computer, account, (SELECT max(regex_match(lower(cmdline), value, 0)) FROM t WHERE element = 'CommandKinds')
      ORDER BY eid
    ) AS nth
  FROM queries
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'UserQueries' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'UserChanges' AND cmdline LIKE value ESCAPE '\')
),
-- The first of each kind of command, with the first of another kind before it.
paired AS (
  SELECT *, lag(eid) OVER firsts AS before,
    nth = 1 AND time_ns - lag(time_ns) OVER firsts <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow') AS is_second
  FROM shown WINDOW firsts AS (PARTITION BY computer, account, nth = 1 ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, account ORDER BY eid) AS place FROM paired
  WHERE is_second OR cmdline LIKE '% /%' OR logon_id IN (SELECT value FROM t WHERE element = 'SystemLogonIds')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessContext' AND ancestry LIKE '%' || value || '%' ESCAPE '\')
)
SELECT eid, CASE WHEN is_second THEN before || ',' ELSE '' END || eid AS eids,
  coalesce(nullif(user, ''), 'a user') || ' asked for users: ' || cmdline AS summary, 'command' AS how, cmdline AS command
FROM told WHERE place = 1
