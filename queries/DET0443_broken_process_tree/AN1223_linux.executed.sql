WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1223'
),
started AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, path, parent_path, ppid, start_time_ns, container_id FROM process_starts
  WHERE system_path = 0
),
dropped AS MATERIALIZED (
  SELECT * FROM started WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ExecutableScope' AND path LIKE value ESCAPE '\')
    OR container_id = '' AND EXISTS (SELECT 1 FROM t WHERE element = 'HostProgramPaths' AND path LIKE value ESCAPE '\')
),
ended AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, pid FROM api_calls
  WHERE target_process_key IN (SELECT process_key FROM dropped) AND api = 'exit'
  LIMIT -EXISTS (SELECT 1 FROM dropped)
),
chain AS (
  SELECT s.eid, s.path, s.parent_path, s.ppid, x.eid AS ended, x.pid, (x.time_ns - s.start_time_ns) / 1000000 AS lived,
    row_number() OVER (PARTITION BY s.process_key ORDER BY max(s.eid, x.eid), s.eid DESC) AS place
  FROM dropped AS s JOIN ended AS x ON x.target_process_key = s.process_key AND x.process_key = s.parent_process_key
  WHERE x.time_ns - s.start_time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND (s.eid < x.eid OR s.ppid = (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ReparentingDetectionScope')
      OR (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ReparentingDetectionScope') = 0)
)
SELECT eid, min(eid, ended) || ',' || max(eid, ended) AS eids,
  path || ' runs without its creator ' || coalesce(nullif(parent_path, ''), '(unknown)')
    || ', which ended ' || max(lived, 0) || ' ms after creating it' AS summary,
  pid AS creator_pid, max(lived, 0) AS creator_lived_ms, CASE WHEN eid > ended THEN ppid END AS adopted_by
FROM chain
WHERE place = 1
