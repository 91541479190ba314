WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0569'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, parent_path, path, cmdline, file FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'DeviceNames')
    AND api IN (SELECT value FROM t WHERE element = 'SyscallSet')
    AND name IN (SELECT value FROM t WHERE element = 'CaptureCommands') AND tty <> ''
),
recorded AS MATERIALIZED (
  SELECT * FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'DevicePath' AND file LIKE value ESCAPE '\')
),
flows AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, name, path, remote_address FROM network_flows
  WHERE family IN ('inet', 'inet6') AND time_ns >= (SELECT min(time_ns) FROM recorded)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'LocalAddresses' AND remote_address LIKE value ESCAPE '\')
  LIMIT -EXISTS (SELECT 1 FROM recorded)
),
chain AS (
  SELECT o.process_key, o.path, o.file, o.cmdline, o.eid AS opened, f.eid, f.path AS sender, f.remote_address,
    row_number() OVER (PARTITION BY o.process_key ORDER BY f.eid, o.eid) AS place
  FROM recorded AS o JOIN flows AS f
    ON f.process_key = o.process_key OR f.parent_process_key = o.process_key
      OR f.parent_process_key = o.parent_process_key AND f.name IN (SELECT value FROM t WHERE element = 'SendCommands')
  WHERE f.eid > o.eid AND f.time_ns - o.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, opened || ',' || eid AS eids, path || ' used ' || file || ', and ' || sender || ' then spoke to ' || remote_address AS summary,
  file AS object, cmdline AS words
FROM chain
WHERE place = 1
