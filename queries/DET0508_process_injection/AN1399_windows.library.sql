WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
named AS MATERIALIZED (
  SELECT eid, process_key, path, CASE api WHEN 'RegSetValueEx' THEN regex_match(arguments, ' data=(.+)$', 1)
    ELSE regex_match(arguments, '[ /-][Dd](ata)? +"?([^"]+[.][Dd][Ll][Ll])', 2) END AS library
  FROM api_calls WHERE api IN ('RegSetValueEx', 'CreateProcess')
    AND arguments_like IN (SELECT value FROM t WHERE element = 'RegisteredLibraries')
),
foreign_libraries AS (
  SELECT *, row_number() OVER (PARTITION BY coalesce(nullif(process_key, ''), eid) ORDER BY eid) AS place FROM named
  WHERE library LIKE '%_:\%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'LibraryFolders' AND library LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids,
  coalesce(nullif(path, ''), 'An interpreter') || ' names a library that Windows puts into other programs: ' || library AS summary,
  'library' AS how, '' AS rights, library AS code_path
FROM foreign_libraries WHERE place = 1
