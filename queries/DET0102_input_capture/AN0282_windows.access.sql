WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0282'),
reached AS MATERIALIZED (
  SELECT eid, time_ns, api, path, target_path, process_key, computer FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'TargetImage') AND api IN ('OpenProcess', 'CreateRemoteThread')
    AND path <> '' AND lower(path) <> lower(target_path)
    AND (api = 'CreateRemoteThread' OR arguments LIKE '%VM_WRITE%' OR arguments LIKE '%ALL_ACCESS%')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
),
repeated AS (
  SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'AccessThreshold'))) OVER (
    PARTITION BY process_key, computer ORDER BY eid) AS first_ns
  FROM reached
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' reaches into a program that users type passwords into: ' || target_path AS summary,
  'reaches into a program that users type passwords into' AS how, target_path AS object
FROM repeated
WHERE api = 'CreateRemoteThread'
  OR time_ns - first_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
