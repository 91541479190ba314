WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
children AS MATERIALIZED (
  SELECT eid, lower(name) AS name, path, integrity_level, parent_path, lower(parent_name) AS parent_name, parent_cmdline, token_elevation
  FROM process_starts
  WHERE parent_name IN (SELECT lower(value) FROM t WHERE element IN ('ParentProcessName', 'TalkativeParents'))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || parent_path AS summary, how, parent_path AS object
FROM (SELECT *, 'is the elevated child of a program that starts none' AS how FROM children)
WHERE integrity_level IN ('High', 'System', '') AND token_elevation <> 'limited' AND parent_cmdline NOT LIKE '%-Embedding%'
  AND NOT EXISTS (
    SELECT 1 FROM t AS child, t AS folder
    WHERE child.element = 'OrdinaryChildren' AND parent_name || '>' || name LIKE child.value ESCAPE '\'
      AND folder.element = 'SystemFolders' AND path LIKE folder.value ESCAPE '\'
  )
  AND (parent_name IN (SELECT value FROM t WHERE element = 'ParentProcessName')
    OR integrity_level <> '' AND name IN (SELECT value FROM t WHERE element = 'Interpreters')
    OR integrity_level <> '' AND EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedProcessPath' AND path LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedObjects' AND parent_cmdline LIKE value ESCAPE '\'))
