WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1241'
),
written AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, path, parent_name, target_region, address, target_path, target_pid, request
  FROM ptrace_events
  WHERE action = 'write_memory' AND success = 1 AND is_child = 0
),
other AS MATERIALIZED (
  SELECT *, min(eid) AS opening FROM written
  WHERE target_region LIKE '/%' GROUP BY process_key, target_process_key
),
executable AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM memory_protections
  WHERE process_key IN (SELECT target_process_key FROM other) AND is_executable = 1 AND success = 1
  LIMIT -EXISTS (SELECT 1 FROM other)
),
followed AS (
  SELECT o.*, x.eid AS completed, row_number() OVER (PARTITION BY o.process_key, o.target_process_key ORDER BY x.eid) AS nth
  FROM other AS o JOIN executable AS x ON x.process_key = o.target_process_key
  WHERE x.eid > o.eid
    AND x.time_ns - o.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_PtraceToMmap')
),
chain AS (
  SELECT process_key, target_process_key, eid, eid AS completed, path, target_region, address, target_path, target_pid, 0 AS calls
  FROM written
  WHERE target_region = '[vdso]'
    OR EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousSharedObjectPathRegex' AND target_region LIKE value ESCAPE '\')
    OR parent_name IN (SELECT value FROM t WHERE element = 'AnomalousParentProcessList')
  UNION ALL
  SELECT process_key, target_process_key, eid, completed, path, target_region, address, target_path, target_pid, nth
  FROM followed
  WHERE nth = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'ExecMemoryProtectionThreshold')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY completed, eid) AS place FROM chain
)
SELECT eid, CASE WHEN completed = eid THEN eid ELSE eid || ',' || completed END AS eids,
  path || ' overwrote ' || coalesce(nullif(target_region, ''), 'memory') || ' of ' || coalesce(nullif(target_path, ''), 'a process')
    || ' (pid ' || target_pid || ')' || CASE calls WHEN 0 THEN '' ELSE ', which then made memory executable' END AS summary,
  target_region, address, calls AS executable_calls
FROM ranked
WHERE place = 1
