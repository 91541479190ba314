WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0282'),
told AS MATERIALIZED (
  SELECT eid, path, cmdline FROM process_starts WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'HookCommands')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProductFolders' AND path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryLibraries' AND cmdline LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' puts a library into a running program: ' || cmdline AS summary,
  'puts a library into a running program' AS how, cmdline AS object
FROM told
