WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1076'),
started AS MATERIALIZED (
  SELECT eid, process_key, path, parent_path, lower(path) AS program, lower(name) AS name, lower(rtrim(replace(cmdline, '"', ''))) AS said
  FROM api_calls
  WHERE name IN (SELECT lower(value) FROM t WHERE element = 'HollowedImageNamePattern') AND api = 'CreateProcess'
    AND cmdline <> '' AND parent_path <> ''
),
bare AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM started
  WHERE (said IN (program, name, substr(name, 1, length(name) - 4))
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ShellFolders' AND said LIKE value || name ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND parent_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, parent_path || ' started ' || path || ' without arguments' AS summary, 'bare_shell' AS how,
  '' AS rights
FROM bare WHERE place = 1
