WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
replaced AS MATERIALIZED (
  SELECT eid, process_key, path, rights, code_path, arguments FROM process_modifications WHERE api = 'ProcessTampering'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element IN ('TamperingAllowlist', 'InjectorAllowlist') AND path LIKE value ESCAPE '\')
    AND NOT ( -- the way stranger told of its start
      name IN (SELECT value FROM t WHERE element = 'SystemOnly') AND parent_path LIKE '_:\%'
      AND NOT EXISTS (SELECT 1 FROM t WHERE element IN ('WindowsFolders', 'ProductFolders') AND parent_path LIKE value ESCAPE '\'))
)
SELECT eid, eid AS eids, 'The image of ' || path || ' in memory is not its file (' || substr(arguments, 6) || ')' AS summary,
  'tampering' AS how, rights, code_path
FROM (SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM replaced) WHERE place = 1
