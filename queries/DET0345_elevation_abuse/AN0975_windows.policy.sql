WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
written AS MATERIALIZED (
  SELECT eid, path, target_path, lower(object_name) || '=' || regex_match(lower(arguments), '0*([0-9a-f]+)\)?$', 1) AS setting
  FROM api_calls
  WHERE object_name IN (SELECT lower(regex_match(value, '^[^=]+', 0)) FROM t WHERE element = 'PolicyValues')
    AND api IN ('RegSetValueEx', 'RegRenameKey', 'RegCreateKeyEx')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || target_path AS summary, how, target_path AS object
FROM (SELECT *, 'switches User Account Control off' AS how FROM written)
WHERE setting IN (SELECT lower(value) FROM t WHERE element = 'PolicyValues')
  AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinarySetters' AND setting || '>' || lower(path) LIKE value ESCAPE '\')
