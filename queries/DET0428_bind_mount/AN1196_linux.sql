-- id: AN1196
-- name: Process hidden by a mount over its /proc entry
-- strategy: DET0428
-- technique: T1564.013
-- tactics: Defense Evasion
-- platform: linux
-- description: Something is bound or moved over /proc/PID, after which ps and top no longer see that process, or see another
--   one's data in its place. The mount command that did it is given where there was one.
-- log_sources: auditd:SYSCALL, auditd:PATH
-- tables: api_calls, process_starts
-- extra: hidden_pid, source_path, mount_command
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: CorrelationWindow
-- tuning:
--   BindMountFlags | like | mount flags | %MS\_BIND% | BindMountFlags | Flags of the mount, as its arguments show them; move_mount always counts.
--   BindMountFlags | like | mount flags | %MS\_MOVE% | BindMountFlags | Flags of the mount, as its arguments show them; move_mount always counts.
--   WatchedProcPaths | like | mount point | /proc/1% | WatchedProcPaths | Mount points that stand for processes.
--   WatchedProcPaths | like | mount point | /proc/2% | WatchedProcPaths | Mount points that stand for processes.
--   WatchedProcPaths | like | mount point | /proc/3% | WatchedProcPaths | Mount points that stand for processes.
--   WatchedProcPaths | like | mount point | /proc/4% | WatchedProcPaths | Mount points that stand for processes.
--   WatchedProcPaths | like | mount point | /proc/5% | WatchedProcPaths | Mount points that stand for processes.
--   WatchedProcPaths | like | mount point | /proc/6% | WatchedProcPaths | Mount points that stand for processes.
--   WatchedProcPaths | like | mount point | /proc/7% | WatchedProcPaths | Mount points that stand for processes.
--   WatchedProcPaths | like | mount point | /proc/8% | WatchedProcPaths | Mount points that stand for processes.
--   WatchedProcPaths | like | mount point | /proc/9% | WatchedProcPaths | Mount points that stand for processes.
--   CorrelationWindow | window | seconds | 60 | CorrelationWindow | How long before the mount the command that belongs to it may have been started.
-- benign:
--   Sandboxes that cover single files below /proc/PID of processes of their own.
-- limits:
--   A mount made before collection began is not seen; nor is one on a procfs that is mounted elsewhere than /proc.
--   What the hidden process does afterwards is in the other tables, under its pid.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0428
--   https://man7.org/linux/man-pages/man2/mount.2.html
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
    AND (api = 'move_mount' OR EXISTS (SELECT 1 FROM t WHERE element = 'BindMountFlags' AND arguments LIKE value ESCAPE '\'))
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
  path || ' mounted ' || coalesce(nullif(source_path, ''), 'something') || ' over ' || target_path || ', which hides process ' || hidden_pid AS summary,
  hidden_pid, source_path, coalesce(mount_command, '') AS mount_command
FROM ranked
WHERE place = 1
