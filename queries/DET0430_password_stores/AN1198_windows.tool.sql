WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
told AS MATERIALIZED (
  SELECT eid, path, cmdline, description FROM process_starts
  WHERE cmdline_like IN (SELECT value FROM t WHERE element IN ('ToolCommands', 'SavingTools'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element IN ('StoreKeepers', 'ProductFolders') AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' is told to read stored credentials: ' || cmdline AS summary,
  'is told to read stored credentials' AS how, cmdline AS object
FROM told
WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ToolCommands' AND cmdline LIKE value ESCAPE '\')
  OR EXISTS (SELECT 1 FROM t WHERE element = 'SavingTools' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemFolders' AND path LIKE value ESCAPE '\')
    AND (description = '' OR EXISTS (SELECT 1 FROM t WHERE element = 'SavedByTools' AND description LIKE value ESCAPE '\'))
