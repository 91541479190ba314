WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
shells AS MATERIALIZED (
  SELECT eid, process_key, path, parent_path, parent_name,
    lower(rtrim(replace(parent_cmdline, '"', ''))) IN (lower(parent_path), lower(parent_name)) AS is_below_bare
  FROM process_starts WHERE name IN (SELECT value FROM t WHERE element = 'Shells')
    AND parent_name IN (SELECT lower(value) FROM t WHERE element IN ('NeverParents', 'NeverBare'))
    AND EXISTS (SELECT 1 FROM t WHERE element = 'WindowsFolders' AND parent_path LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, parent_path || ', which starts none, started ' || path AS summary, 'child' AS how, '' AS rights, '' AS code_path
FROM (SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM shells
  WHERE parent_name IN (SELECT value FROM t WHERE element = 'NeverParents') OR is_below_bare) WHERE place = 1
