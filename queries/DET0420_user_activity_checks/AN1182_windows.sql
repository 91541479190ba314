WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1182'),
commands AS MATERIALIZED (
  SELECT eid, time_ns, cmdline, path, user, parent_process_key, parent_path, logon_id, computer FROM api_calls
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Commands') AND api = 'CreateProcess'
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, user, process_key, computer FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'InputScripts')
    AND length(script_text) < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LongScript')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ScriptOwners' AND script_path LIKE value ESCAPE '\')
),
traces AS MATERIALIZED (
  SELECT c.eid, c.time_ns, c.computer, c.parent_process_key AS actor, c.user, c.path, c.cmdline AS object, t.value AS trace
  FROM commands AS c JOIN t ON t.element = 'TraceCommands' AND c.cmdline LIKE t.value ESCAPE '\'
  UNION ALL
  SELECT s.eid, s.time_ns, s.computer, coalesce(nullif(s.process_key, ''), s.user), s.user, s.path,
    replace(substr(s.script_text, 1, 200), char(10), ' '), t.value
  FROM scripts AS s JOIN t ON t.element = 'InputScripts' AND s.script_text LIKE t.value ESCAPE '\'
),
unlocked AS MATERIALIZED (
  SELECT eid, time_ns, computer FROM logons WHERE action = 'unlock' LIMIT -EXISTS (SELECT 1 FROM traces)
),
people AS MATERIALIZED (
  SELECT eid, time_ns, computer FROM logons
  WHERE logon_type IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LogonTypes') AND action = 'logon'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemUsers' AND logon_user LIKE value ESCAPE '\')
  LIMIT -EXISTS (SELECT 1 FROM traces)
),
fresh AS (
  SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctTraces'))) OVER w AS first,
    lag(eid, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctTraces'))) OVER w AS first_eid,
    (SELECT max(p.eid) FROM (SELECT * FROM people UNION ALL SELECT * FROM unlocked) AS p
      WHERE p.computer = n.computer AND p.eid < n.eid
        AND n.time_ns - p.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS logon
  FROM (SELECT *, row_number() OVER (PARTITION BY computer, actor, trace ORDER BY eid) AS again FROM traces) AS n
  WHERE again = 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND (user LIKE value ESCAPE '\' OR user = ''))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemUsers' AND user LIKE value ESCAPE '\')
  WINDOW w AS (PARTITION BY computer, actor ORDER BY eid)
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM fresh
  WHERE trace IN (SELECT value FROM t WHERE element = 'InputScripts') OR logon IS NOT NULL
    OR first_eid IS NOT NULL AND time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, coalesce(logon || ',', '') || coalesce(nullif(first_eid, eid) || ',', '') || eid AS eids,
  coalesce(nullif(path, ''), 'a process') || ' looks for signs of a user'
    || CASE WHEN logon IS NULL THEN '' ELSE ' soon after one logged on' END || ': ' || object AS summary,
  CASE WHEN logon IS NULL THEN 'traces' ELSE 'traces after a logon' END AS how, object
FROM found
WHERE place = 1
