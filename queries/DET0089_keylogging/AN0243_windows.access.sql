WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0243'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, path, target_path, arguments, process_key, computer FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'TargetImage') AND api = 'OpenProcess' AND path <> ''
    AND EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND instr(arguments, value))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
),
repeated AS (
  SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'AccessThreshold'))) OVER (
    PARTITION BY computer, process_key ORDER BY eid) AS first_ns
  FROM opened
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' takes full access to a program that sees what is typed: ' || target_path AS summary,
  'takes full access to a program that sees what is typed' AS how, target_path AS object
FROM repeated WHERE time_ns - first_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
