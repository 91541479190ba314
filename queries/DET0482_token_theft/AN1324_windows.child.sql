WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1324'),
raised AS MATERIALIZED (
  SELECT eid, computer, parent_process_key, parent_path, parent_user, path FROM process_starts WHERE user_change = 'to_system'
),
judged AS (
  SELECT *, NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND parent_path LIKE value ESCAPE '\') AS is_odd,
    EXISTS (SELECT 1 FROM t WHERE element = 'ServiceAccounts' AND parent_user LIKE value ESCAPE '\') AS is_service
  FROM raised
  WHERE parent_path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedSystemProcesses' AND parent_path LIKE value ESCAPE '\')
    AND parent_user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'UserContextFilter')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, parent_process_key ORDER BY eid) AS place FROM judged
  WHERE 1 + is_odd + is_service >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
)
SELECT eid, CAST(eid AS TEXT) AS eids, parent_path || ' of ' || parent_user || ' started ' || path || ' as SYSTEM' AS summary,
  'child' AS how, '' AS pipe, parent_user AS from_user
FROM told WHERE place = 1
