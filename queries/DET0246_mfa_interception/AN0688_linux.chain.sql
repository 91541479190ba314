WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0688'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, parent_name, path, path_uid, tty, cmdline, file FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'DeviceNames')
),
input AS MATERIALIZED (
  SELECT * FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'PathTarget' AND file LIKE value ESCAPE '\')
    AND NOT (path_uid IS 0 AND EXISTS (SELECT 1 FROM t WHERE element = 'DesktopPrograms' AND path LIKE value ESCAPE '\'))
),
beside AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, 'loaded ' || coalesce(nullif(module_path, ''), 'a kernel module') AS did, cmdline
  FROM module_loads
  WHERE api IN (SELECT value FROM t WHERE element = 'ModuleCalls')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModuleWhitelist' AND module_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModuleWhitelist' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, parent_process_key, 'looked at ' || file, cmdline FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'HeldFiles')
    AND process_key <> target_process_key AND is_child = 0
    AND EXISTS (SELECT 1 FROM t WHERE element = 'KeeperPrograms' AND target_process_path LIKE value ESCAPE '\')
),
joined AS (
  SELECT max(i.eid, b.eid) AS last, min(i.eid, b.eid) AS first, i.process_key, i.path, i.file, i.cmdline, b.did
  FROM input AS i JOIN beside AS b
    ON b.process_key = i.process_key
      OR b.parent_process_key = i.parent_process_key AND i.tty = ''
        AND i.parent_name IN (SELECT value FROM t WHERE element = 'ScriptParents')
  WHERE abs(i.time_ns - b.time_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
found AS (SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY last) AS place FROM joined)
SELECT last AS eid, first || ',' || last AS eids, path || ' opened ' || file || ', and the same ' || did AS summary,
  file AS object, cmdline AS words
FROM found
WHERE place = 1
