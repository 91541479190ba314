WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0163'),
opened AS MATERIALIZED (
  SELECT eid, process_key, path, path_uid, name, system_path, cmdline, parent_cmdline, tty, file AS object, 'opened to write' AS did
  FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'WatchedNames') AND is_write = 1
  UNION ALL
  SELECT eid, process_key, path, path_uid, name, system_path, cmdline, parent_cmdline, tty, target_path, action FROM file_changes
  WHERE target_name IN (SELECT value FROM t WHERE element = 'WatchedNames')
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM opened
  WHERE did IN ('opened to write', 'write', 'create', 'delete', 'rename')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'WatchedDirectories' AND object LIKE value ESCAPE '\')
    AND NOT (path_uid IS 0 AND EXISTS (SELECT 1 FROM t WHERE element = 'CommandExclusions' AND path LIKE value ESCAPE '\'))
    AND (system_path = 0
      OR EXISTS (SELECT 1 FROM t WHERE element = 'Interpreters' AND path LIKE value ESCAPE '\')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemScripts' AND regex_match(cmdline, value, 0) IS NOT NULL)
      OR tty = '' AND name IN (SELECT value FROM t WHERE element = 'EditCommands')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL))
)
SELECT eid, eid AS eids, path || ' changed ' || object || ' (' || did || ')' AS summary, object, cmdline AS words
FROM suspicious
WHERE place = 1
