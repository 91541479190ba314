WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
threads AS MATERIALIZED (
  SELECT eid, process_key, path, name, cmdline, target_process_key, target_path, rights, code_path, code_system_path, arguments
  FROM process_modifications WHERE api = 'CreateRemoteThread' AND is_self = 0
),
foreign_threads AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM threads
  WHERE (code_system_path = 0 OR code_path <> '' AND name IN (SELECT value FROM t WHERE element = 'NeverThreads'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KernelAddresses' AND arguments LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InjectorAllowlist' AND path LIKE value ESCAPE '\')
    AND NOT ( -- the way told tells of it
      name IN (SELECT value FROM t WHERE element = 'InjectionPrograms')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'InjectionCommands' AND cmdline LIKE value ESCAPE '\'))
    AND NOT ( -- an overlay of a product
      EXISTS (SELECT 1 FROM t WHERE element = 'LoaderModules' AND code_path LIKE value ESCAPE '\')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ProductFolders' AND path LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element IN ('ProductFolders', 'WindowsFolders') AND target_path LIKE value ESCAPE '\'))
)
SELECT eid, eid AS eids,
  path || ' started a thread in ' || target_path || ' at ' || CASE code_path WHEN 'UNKNOWN' THEN 'code that lies in no module'
    WHEN '' THEN 'an address whose module is not told' ELSE code_path END AS summary, 'thread' AS how, rights, code_path
FROM foreign_threads WHERE place = 1
