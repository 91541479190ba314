WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
started AS MATERIALIZED (
  SELECT eid, path, lower(object_name) AS name, integrity_level, parent_path, lower(parent_name) AS parent_name, parent_integrity_level
  FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('ParentProcessName', 'StartedElevated')) AND api = 'CreateProcess'
),
-- An unknown level of the parent counts only for programs that nothing but a bypass starts from such a folder.
unelevated AS (
  SELECT * FROM started
  WHERE integrity_level = 'High' AND (parent_integrity_level IN ('Low', 'Medium') OR parent_integrity_level = ''
    AND name IN (SELECT value FROM t WHERE element = 'ParentProcessName' EXCEPT SELECT value FROM t WHERE element = 'AskedByInstallers'))
),
odd AS (
  SELECT * FROM started WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedProcessPath' AND path LIKE value ESCAPE '\')
  UNION
  SELECT * FROM unelevated WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedProcessPath' AND parent_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || parent_path AS summary, how, parent_path AS object
FROM (SELECT *, 'runs elevated for an unelevated program, or from a false folder' AS how FROM odd)
WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryChildren' AND parent_name || '>' || name LIKE value ESCAPE '\')
