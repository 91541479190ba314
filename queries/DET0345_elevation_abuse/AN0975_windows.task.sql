WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
ran AS MATERIALIZED (
  SELECT eid, path, target_path FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'ElevatedTasks') AND api = 'RegisterTask' AND target_path <> ''
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || target_path AS summary, how, target_path AS object
FROM (SELECT *, 'is told to bypass the prompt' AS how FROM ran)
WHERE target_path LIKE '% %' OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'CleanUpProgram' AND target_path LIKE value ESCAPE '\')
