WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
reached AS MATERIALIZED (
  SELECT eid, path, name, system_path, target_path, arguments, api FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'TargetProcesses')
    AND api IN ('OpenProcess', 'CreateRemoteThread', 'ReadProcessMemory')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' reaches into a program that holds credentials: ' || target_path AS summary,
  'reaches into a program that holds credentials' AS how, target_path AS object
FROM reached
WHERE (system_path = 0 AND path <> '' OR name IN (SELECT value FROM t WHERE element = 'VaultReaders')) AND lower(path) <> lower(target_path)
  AND (api <> 'OpenProcess' OR arguments LIKE '%VM_READ%' OR arguments LIKE '%ALL_ACCESS%')
  AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
  AND NOT ( -- a list of processes
    name IN (SELECT value FROM t WHERE element = 'VaultReaders')
    AND arguments IN (SELECT 'access=' || replace(value, ' ', '|') FROM t WHERE element = 'InventoryRights'))
