WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
started AS MATERIALIZED ( -- what is not asked for by the usual starters need not be drawn
  SELECT eid, process_key, path, name, parent_path, parent_name FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'SystemOnly')
    AND parent_path <> (SELECT coalesce(min(value), '') FROM t WHERE element = 'UsualStarters')
    AND parent_path <> (SELECT coalesce(max(value), '') FROM t WHERE element = 'UsualStarters')
),
strange AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM started
  WHERE parent_path LIKE '_:\%' AND EXISTS (SELECT 1 FROM t WHERE element = 'WindowsFolders' AND path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AntimalwarePrograms' AND parent_path LIKE value ESCAPE '\')
    AND (NOT EXISTS (SELECT 1 FROM t WHERE element IN ('WindowsFolders', 'ProductFolders') AND parent_path LIKE value ESCAPE '\')
      OR name IN (SELECT value FROM t WHERE element = 'NeverByShells')
        AND parent_name IN (SELECT value FROM t WHERE element IN ('Shells', 'UserShells')))
)
SELECT eid, eid AS eids, parent_path || ' started ' || path || ', which only Windows does' AS summary, 'stranger' AS how, '' AS rights,
  '' AS code_path
FROM strange WHERE place = 1
