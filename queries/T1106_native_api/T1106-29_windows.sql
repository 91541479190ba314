WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-29'
),
hits AS (
  SELECT eid, path, key_path, data, row_number() OVER (PARTITION BY process_key, lower(key_path) ORDER BY eid) AS place
  FROM registry_changes
  WHERE action = 'set_value' AND key_path LIKE '%\Run\' AND data <> ''
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' set a value without a visible name in ' || key_path || ': ' || substr(data, 1, 100) AS summary, key_path, data
FROM hits
WHERE place = 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'RunKeys' AND key_path LIKE value ESCAPE '\')
