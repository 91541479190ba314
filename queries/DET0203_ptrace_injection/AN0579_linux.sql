WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0579'
),
attach AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, path, request, target_user, target_path, target_pid,
    target_name IN (SELECT value FROM t WHERE element = 'TargetProcessNameFilter')
      OR euid <> 0 AND uid <> target_uid AND (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'UserContextMismatch') = 1 AS suffices
  FROM ptrace_events
  WHERE action = 'attach' AND success = 1
    AND is_child <= (SELECT 1 - CAST(value AS INTEGER) FROM t WHERE element = 'ProcessRelationshipConstraint')
),
written AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, path, request, target_user, target_path, target_pid, 0 AS suffices, target_region
  FROM ptrace_events
  WHERE process_key IN (SELECT process_key FROM attach) AND action LIKE 'write%' AND success = 1
  LIMIT -EXISTS (SELECT 1 FROM attach)
),
story AS (
  SELECT *, '' AS target_region, 1 AS is_attach FROM attach
  UNION ALL
  SELECT *, 0 FROM written
),
followed AS (
  SELECT *, max(CASE WHEN is_attach THEN eid END) OVER pair AS attach_eid, max(CASE WHEN is_attach THEN time_ns END) OVER pair AS attach_ns
  FROM story WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM followed
  WHERE suffices OR NOT is_attach AND time_ns - attach_ns
    <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowBetweenPtraceAndMemoryWrite')
)
SELECT eid, CASE WHEN is_attach THEN eid ELSE attach_eid || ',' || eid END AS eids,
  path || ' took hold of ' || coalesce(nullif(target_path, ''), 'a process') || ' (pid ' || target_pid || ')'
    || CASE WHEN is_attach THEN ' by ' ELSE ' and changed it by ' END || request AS summary,
  request, target_user, target_region
FROM ranked
WHERE place = 1
