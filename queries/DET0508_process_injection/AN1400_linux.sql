WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1400'
),
written AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, api, path, path_uid, target_pid, target_path, target_name, target_user
  FROM process_accesses
  WHERE access = 'write' AND is_child = 0 AND is_self = 0 AND success = 1
),
suspicious AS MATERIALIZED (
  SELECT * FROM written
  WHERE NOT (path_uid IS 0 AND path IN (SELECT value FROM t WHERE element = 'DebuggerAllowlist'))
),
executable AS MATERIALIZED (
  SELECT eid, time_ns, process_key, api
  FROM api_calls
  WHERE process_key IN (SELECT target_process_key FROM suspicious) AND category = 'memory' AND success = 1
    AND arguments LIKE '%PROT_EXEC%'
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
story AS (
  SELECT eid, time_ns, target_process_key AS victim, 1 AS is_write, '' AS api FROM suspicious
  UNION ALL
  SELECT eid, time_ns, process_key, 0, api FROM executable
),
followed AS (
  SELECT *, max(CASE WHEN is_write THEN eid END) OVER victim AS write_eid, max(CASE WHEN is_write THEN time_ns END) OVER victim AS write_ns
  FROM story WINDOW victim AS (PARTITION BY victim ORDER BY eid)
),
chain AS (
  SELECT w.*, f.eid AS completed, f.api AS target_api
  FROM followed AS f JOIN suspicious AS w ON w.eid = f.write_eid
  WHERE NOT f.is_write
    AND f.time_ns - f.write_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT *, eid, '' FROM suspicious
  WHERE target_pid = 1 OR target_name IN (SELECT value FROM t WHERE element = 'TargetPIDThreshold')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY completed, eid) AS place FROM chain
)
SELECT eid, CASE WHEN completed = eid THEN eid ELSE eid || ',' || completed END AS eids,
  path || ' wrote into ' || coalesce(nullif(target_path, ''), 'a process') || ' (pid ' || target_pid || ') by ' || api
    || CASE target_api WHEN '' THEN '' ELSE ', which then made memory executable by ' || target_api END AS summary,
  api AS access_api, target_api, target_user
FROM ranked
WHERE place = 1
