WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0243'),
written AS MATERIALIZED (
  SELECT eid, path, target_path FROM api_calls
  WHERE api = 'CreateFile' AND arguments_like IN (SELECT '%file=' || value FROM t WHERE element = 'KeyLogFiles') AND path <> ''
    AND (lower(name) IN (SELECT value FROM t WHERE element = 'BorrowedHosts')
      OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' keeps a log of keys: ' || target_path AS summary, 'keeps a log of keys' AS how,
  target_path AS object
FROM written
