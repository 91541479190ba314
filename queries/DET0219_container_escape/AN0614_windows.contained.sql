WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0614'
),
within AS MATERIALIZED (
  SELECT eid, api, computer, process_key, path, target_path, CASE api WHEN 'CreateProcess' THEN cmdline ELSE target_path END AS named,
    lower(CASE api WHEN 'CreateProcess' THEN cmdline ELSE '\pipe' || target_path || ' ' || arguments END) AS words
  FROM api_calls
  WHERE api IN ('CreateProcess', 'CreateFile', 'DeleteFile', 'NtCreateSymbolicLink', 'ConnectNamedPipe')
    AND user_like IN (SELECT value FROM t WHERE element = 'ContainerUsers')
),
reaching AS (
  SELECT eid, computer, process_key, path, target_path AS reached, ' of a container changed the host''s ' AS did FROM within
  WHERE api IN ('CreateFile', 'DeleteFile')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'RestrictedHostDirs' AND target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ContainerLayers' AND target_path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, computer, process_key, path, named, ' of a container reaches for ' FROM within
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'EscapeWords' AND words LIKE value ESCAPE '\')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM reaching
)
SELECT eid, eid AS eids, path || did || substr(reached, 1, 160) AS summary, reached
FROM ranked
WHERE place = 1
