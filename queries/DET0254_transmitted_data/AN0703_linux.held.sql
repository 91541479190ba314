WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0703'),
taken AS MATERIALIZED (
  SELECT eid, process_key, path, path_uid, tty, cmdline, request AS how, target_path, target_name, target_pid FROM ptrace_events
  WHERE action = 'attach' AND is_child = 0
  UNION ALL
  SELECT eid, process_key, path, path_uid, tty, cmdline, api, target_path, target_name, target_pid FROM process_accesses
  WHERE api IN (SELECT value FROM t WHERE element = 'MemoryCalls') AND is_child = 0
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM taken
  WHERE target_name IN (SELECT value FROM t WHERE element = 'WatchedProcesses')
    AND NOT (path_uid IS 0 AND tty <> '') AND path <> target_path
)
SELECT eid, eid AS eids, path || ' took hold of ' || target_path || ' (pid ' || target_pid || ', ' || how || '), which transmits data'
    AS summary, target_path AS object, cmdline AS words
FROM suspicious
WHERE place = 1
