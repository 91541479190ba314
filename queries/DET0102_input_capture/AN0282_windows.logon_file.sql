WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0282'),
opened AS MATERIALIZED (
  SELECT eid, path, target_path FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'LogonObjects') AND api = 'CreateFile'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'LogonFiles' AND target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PageInstallers' AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' opens a keyboard or changes a logon page: ' || target_path AS summary,
  'opens a keyboard or changes a logon page' AS how, target_path AS object
FROM opened
