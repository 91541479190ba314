WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
written AS MATERIALIZED (
  SELECT eid, path, target_path FROM api_calls
  WHERE api = 'CreateFile' AND arguments_like IN (SELECT '%file=' || value FROM t WHERE element = 'DumpFiles')
    AND NOT EXISTS (SELECT 1 FROM t
      WHERE element IN ('StoreKeepers', 'ProductFolders', 'SystemFolders') AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' writes what it took out of stores of credentials: ' || target_path AS summary,
  'writes what it took out of stores of credentials' AS how, target_path AS object
FROM written
