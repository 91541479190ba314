WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1098'),
mounted AS MATERIALIZED (
  SELECT eid, process_key, path, cmdline, source_path, target_path, container_id FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'MountCalls')
    AND object_name IN (SELECT value FROM t WHERE element = 'WatchedNames') AND success = 1
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM mounted
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'WatchedBinaries' AND target_path LIKE value ESCAPE '\')
    AND container_id = ''
)
SELECT eid, eid AS eids, path || ' mounted ' || coalesce(nullif(source_path, ''), 'a file') || ' over ' || target_path AS summary,
  target_path AS object, cmdline AS words
FROM suspicious
WHERE place = 1
