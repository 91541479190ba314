WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0613'
),
called AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, api, path, container_id, container_runtime, parent_container_id FROM api_calls
  WHERE api IN ('setns', 'unshare', 'mount', 'move_mount', 'open_tree', 'pivot_root', 'keyctl', 'chroot')
    AND is_contained = 1 AND success = 1
),
unusual AS MATERIALIZED (
  SELECT * FROM called
  WHERE api NOT IN (SELECT value FROM t WHERE element = 'SyscallWhitelist')
    AND NOT (parent_container_id = '' AND path IN (SELECT value FROM t WHERE element = 'RuntimePaths'))
    AND (api = 'setns' OR container_runtime NOT IN (SELECT value FROM t WHERE element = 'SystemContainerRuntimes'))
),
leaving AS (
  SELECT process_key, container_id, min(eid) AS eid, min(time_ns) AS time_ns FROM unusual WHERE api = 'setns' GROUP BY process_key
  UNION ALL
  SELECT m.process_key, m.container_id, min(m.eid), m.time_ns FROM unusual AS m JOIN unusual AS u ON u.process_key = m.process_key
  WHERE u.api IN ('unshare', 'keyctl') AND m.api IN ('mount', 'move_mount', 'pivot_root') AND m.eid > u.eid GROUP BY m.process_key
),
programs AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, path, cmdline FROM process_starts
  WHERE is_contained = 1 AND time_ns >= (SELECT min(time_ns) FROM leaving)
  LIMIT -EXISTS (SELECT 1 FROM leaving)
),
chain AS (
  SELECT l.process_key, l.container_id, l.eid AS left_eid, p.eid, p.path, p.cmdline,
    (SELECT group_concat(DISTINCT u.api) FROM unusual AS u WHERE u.process_key = l.process_key AND u.eid < p.eid) AS calls,
    row_number() OVER (PARTITION BY l.process_key ORDER BY p.eid, l.eid) AS place
  FROM leaving AS l JOIN programs AS p ON (p.process_key = l.process_key OR p.parent_process_key = l.process_key) AND p.eid > l.eid
  WHERE p.time_ns - l.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, left_eid || ',' || eid AS eids,
  'a process of container ' || substr(container_id, 1, 12) || ' called ' || calls || ' and then ran ' || path AS summary,
  calls, path AS program, cmdline AS program_cmdline
FROM chain
WHERE place = 1
