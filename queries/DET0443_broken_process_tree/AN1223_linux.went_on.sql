WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1223'
),
ended AS MATERIALIZED (
  SELECT eid, time_ns, process_key, start_time_ns, pid, path, container_id, target_process_key, target_path, target_pid FROM api_calls
  WHERE api = 'exit' AND system_path = 0
),
copies AS MATERIALIZED (
  SELECT *, (time_ns - start_time_ns) / 1000000 AS lived FROM ended
  WHERE target_path = path AND (EXISTS (SELECT 1 FROM t WHERE element = 'ExecutableScope' AND path LIKE value ESCAPE '\')
    OR container_id = '' AND EXISTS (SELECT 1 FROM t WHERE element = 'HostProgramPaths' AND path LIKE value ESCAPE '\'))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' goes on in a copy of itself (pid ' || target_pid || ') without its creator, which ended ' || lived || ' ms after its own start'
    AS summary,
  pid AS creator_pid, lived AS creator_lived_ms, NULL AS adopted_by
FROM copies
WHERE lived <= 1000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  AND process_key NOT IN (SELECT target_process_key FROM copies)
