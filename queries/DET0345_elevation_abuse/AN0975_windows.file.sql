WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
named AS MATERIALIZED (
  SELECT eid, api, path, target_path, lower(object_name) AS name FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('WatchedFiles', 'ParentProcessName'))
    AND api IN ('CreateFile', 'LoadLibrary')
),
placed AS MATERIALIZED (
  SELECT eid, path, target_path FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'HijackedFolders') AND api = 'CreateFile'
),
laid AS (
  SELECT eid, api, path, target_path FROM named
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'HijackedFiles' AND target_path LIKE value ESCAPE '\')
    OR api = 'LoadLibrary'
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ElevatorLibraries' AND name || '<' || lower(path) LIKE lower(value) ESCAPE '\')
    OR api = 'CreateFile' AND name IN (SELECT value FROM t WHERE element = 'ParentProcessName')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'CopyFolders' AND target_path LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemFolders' AND path LIKE value ESCAPE '\')
  UNION
  SELECT eid, 'CreateFile', path, target_path FROM placed
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || target_path AS summary, how, target_path AS object
FROM (
  SELECT *, CASE api
    WHEN 'CreateFile' THEN 'lays a file where an elevated program takes it' ELSE 'loads a library laid for an elevated program' END AS how
  FROM laid
)
WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'FileOwners' AND path LIKE value ESCAPE '\')
