WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
brought AS MATERIALIZED (
  SELECT eid, api, object_name, path, name, target_path FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'StoreLibraries') AND api IN ('LoadLibrary', 'CreateFile')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' brings or loads the libraries that open stores of browsers: ' || target_path AS summary,
  'brings or loads the libraries that open stores of browsers' AS how, target_path AS object
FROM brought
WHERE (api = 'LoadLibrary' AND lower(object_name) NOT IN (SELECT lower(value) FROM t WHERE element = 'CommonLibraries')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'LibraryDrops' AND target_path LIKE value ESCAPE '\'))
  AND (name IN (SELECT value FROM t WHERE element = 'VaultReaders')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element IN ('LibraryOwners', 'StoreKeepers') AND path LIKE value ESCAPE '\'))
