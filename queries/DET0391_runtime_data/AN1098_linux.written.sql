WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1098'),
touched AS MATERIALIZED (
  SELECT eid, process_key, path, path_uid, parent_path, cmdline, target_path AS object, action AS did FROM file_changes
  WHERE target_name IN (SELECT value FROM t WHERE element = 'WatchedNames') AND success = 1
  UNION ALL
  SELECT eid, process_key, path, path_uid, parent_path, cmdline, file, 'opened to write' FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'WatchedNames') AND is_write = 1
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM touched
  WHERE did IN ('opened to write', 'write', 'create', 'delete', 'rename')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'WatchedBinaries' AND object LIKE value ESCAPE '\')
    AND NOT (path_uid IS 0 AND EXISTS (SELECT 1 FROM t WHERE element = 'Installers' AND path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'Installers' AND parent_path LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, path || ' changed ' || object || ' (' || did || ')' AS summary, object, cmdline AS words
FROM suspicious
WHERE place = 1
