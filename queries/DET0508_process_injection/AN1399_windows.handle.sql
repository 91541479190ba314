WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
handles AS MATERIALIZED (
  SELECT eid, process_key, path, name, cmdline, target_process_key, target_path, target_name, rights, code_path, api_frames, is_child
  FROM process_modifications WHERE is_self = 0 AND code_system_path = 0 AND rights <> ''
),
foreign_handles AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM handles
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND rights LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InjectorAllowlist' AND path LIKE value ESCAPE '\')
    AND NOT ( -- the way told tells of it
      name IN (SELECT value FROM t WHERE element = 'InjectionPrograms')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'InjectionCommands' AND cmdline LIKE value ESCAPE '\'))
    AND NOT (rights = 'PROCESS_ALL_ACCESS'
      AND (api_frames > 1 OR code_path = '' OR lower(target_name) IN (SELECT value FROM t WHERE element = 'ReadTarget')))
    AND (code_path = 'UNKNOWN' OR api_frames = 0 AND code_path <> '' OR is_child = 1
      OR EXISTS (SELECT 1 FROM t WHERE element = 'InjectedProcessList' AND target_path LIKE value ESCAPE '\'))
)
SELECT eid, eid AS eids,
  path || ' opened ' || target_path || ' to write into it, asked by '
    || CASE code_path WHEN 'UNKNOWN' THEN 'code that lies in no module' WHEN '' THEN 'itself' ELSE code_path END AS summary,
  'handle' AS how, rights, code_path
FROM foreign_handles WHERE place = 1
