WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0244'),
attached AS MATERIALIZED (
  SELECT eid, process_key, path, path_uid, tty, cmdline, target_path, target_name, target_pid, success FROM ptrace_events
  WHERE action = 'attach' AND is_child = 0
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM attached
  WHERE target_name IN (SELECT value FROM t WHERE element = 'TypedPrograms')
    AND NOT (path_uid IS 0 AND tty <> '') AND path <> target_path
)
SELECT eid, eid AS eids,
  path || iif(success, ' attached to ', ' tried to attach to ') || target_path || ' (pid ' || target_pid || '), into which keys are typed'
    AS summary, target_path AS object, cmdline AS words
FROM suspicious
WHERE place = 1
