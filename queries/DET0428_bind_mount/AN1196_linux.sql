WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1196'
),
mounted AS MATERIALIZED (
  SELECT eid, time_ns, process_key, api, arguments, path, cmdline, target_path, source_path FROM api_calls
  WHERE api IN ('mount', 'move_mount') AND success = 1 AND target_path LIKE '/proc/%'
),
hidden AS MATERIALIZED (
  SELECT *, regex_match(target_path, '^/proc/([0-9]+)(/|$)', 1) AS hidden_pid FROM mounted
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'WatchedProcPaths' AND target_path LIKE value ESCAPE '\')
    AND (api = 'move_mount' OR regex_match(target_path, '^/proc/[0-9]+/?$', 0) IS NOT NULL
      OR EXISTS (SELECT 1 FROM t WHERE element = 'BindMountFlags' AND arguments LIKE value ESCAPE '\'))
),
commands AS MATERIALIZED (
  SELECT eid, time_ns, process_key, cmdline FROM process_starts
  WHERE process_key IN (SELECT process_key FROM hidden) AND name = 'mount'
  LIMIT -EXISTS (SELECT 1 FROM hidden)
),
ranked AS (
  SELECT h.*, c.eid AS command_eid, c.cmdline AS mount_command,
    row_number() OVER (PARTITION BY h.process_key, h.target_path ORDER BY h.eid, c.eid DESC) AS place
  FROM hidden AS h LEFT JOIN commands AS c ON c.process_key = h.process_key AND c.eid < h.eid
    AND h.time_ns - c.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'CorrelationWindow')
  WHERE h.hidden_pid IS NOT NULL
)
SELECT eid, coalesce(command_eid || ',', '') || eid AS eids,
  path || ' mounted ' || coalesce(nullif(source_path, ''), 'something') || ' over ' || target_path
    || ', which hides process ' || hidden_pid AS summary,
  hidden_pid, source_path, coalesce(mount_command, '') AS mount_command
FROM ranked
WHERE place = 1
