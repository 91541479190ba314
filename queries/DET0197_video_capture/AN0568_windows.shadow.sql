WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'),
seen AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, path, name, cmdline, target_path, arguments FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'ShadowObjects')
    AND api IN ('CreateProcess', 'RegSetValueEx', 'RegCreateKeyEx')
),
shadowing AS (
  SELECT *, CASE api WHEN 'CreateProcess' THEN cmdline ELSE target_path END AS object FROM seen
  WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowCommands' AND cmdline LIKE value ESCAPE '\')
    OR api = 'RegSetValueEx' AND regex_match(arguments, '0*([24])\)?$', 1) <> '' -- without the user's consent
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowKeys' AND target_path LIKE value ESCAPE '\')
    OR api = 'RegCreateKeyEx' AND lower(name) IN (SELECT value FROM t WHERE element = 'PolicyMakers')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowPolicy' AND target_path LIKE value ESCAPE '\')
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM shadowing)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' prepares to watch another session: ' || object AS summary,
  'prepares to watch another session' AS how, object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
