WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1253'),
opened AS MATERIALIZED (
  SELECT eid, computer, process_key, user, object_name, target_path, call_trace FROM api_calls
  WHERE object_name IN (SELECT value FROM t WHERE element = 'FalseRequesters') AND api = 'OpenProcess'
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'RequesterTraces' AND call_trace LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  'the Secondary Logon service was asked by a program that passes itself off as ' || target_path AS summary,
  'requester' AS how, user AS from_user, '' AS to_user, object_name AS opened
FROM told WHERE place = 1
