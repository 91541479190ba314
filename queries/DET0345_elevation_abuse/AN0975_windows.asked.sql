WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
asked AS MATERIALIZED (
  SELECT eid, path, key_path, key_name, key_path || ' data=' || data AS told,
    key_name || '=' || regex_match(lower(data), '0*([0-9a-f]+)\)?$', 1) AS setting
  FROM registry_requests WHERE action IN ('create_key', 'set_value', 'rename')
),
policies AS (
  SELECT eid, path, key_path, 'asks to switch User Account Control off' AS how FROM asked
  WHERE setting IN (SELECT lower(value) FROM t WHERE element = 'PolicyValues')
),
hijacked AS (
  SELECT eid, path, key_path, 'asks for what elevated programs obey' AS how FROM asked
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'AskedKeys' AND key_path LIKE value ESCAPE '\')
    OR key_name IN (SELECT lower(value) FROM t WHERE element = 'WatchedValues')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'HijackedKeys' AND (key_path LIKE value ESCAPE '\' OR told LIKE value ESCAPE '\'))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || key_path AS summary, how, key_path AS object
FROM (SELECT * FROM policies UNION ALL SELECT * FROM hijacked)
