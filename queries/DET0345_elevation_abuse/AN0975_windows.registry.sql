WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
written AS MATERIALIZED (
  SELECT eid, path, target_path, lower(arguments) AS arguments FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'WatchedValues')
    AND api IN ('RegSetValueEx', 'RegRenameKey', 'RegCreateKeyEx')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || target_path AS summary, how, target_path AS object
FROM (SELECT *, 'sets a value that elevated programs obey' AS how FROM written)
WHERE EXISTS (
  SELECT 1 FROM t WHERE element = 'HijackedKeys'
    AND (target_path LIKE value ESCAPE '\' OR arguments LIKE '%' || value ESCAPE '\')
)
