WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0250'
),
unbacked AS MATERIALIZED (
  SELECT eid, time_ns, process_key, call_trace FROM process_accesses WHERE code_path = 'UNKNOWN' AND is_self = 0
),
memory AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM memory_protections
  WHERE api IN ('VirtualAlloc', 'VirtualProtect', 'MapViewOfFile') AND is_executable = 1 AND system_path = 0
),
hidden AS (
  SELECT eid, time_ns, process_key FROM unbacked
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'StackTraceFilter' AND call_trace LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key FROM memory
),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, target_path FROM api_calls
  WHERE process_key IN (SELECT process_key FROM hidden) AND api = 'LoadLibrary' LIMIT -EXISTS (SELECT 1 FROM hidden)
),
story AS (
  SELECT eid, time_ns, process_key, '' AS path, '' AS module, 0 AS is_load FROM hidden
  UNION ALL
  SELECT eid, time_ns, process_key, path, target_path, 1 FROM loaded
),
told AS (
  SELECT *, max(CASE WHEN NOT is_load THEN eid END) OVER own AS hidden_eid,
    max(CASE WHEN NOT is_load THEN time_ns END) OVER own AS hidden_ns
  FROM story WINDOW own AS (PARTITION BY process_key ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM told
  WHERE is_load AND time_ns - hidden_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, hidden_eid || ',' || eid AS eids,
  path || ' loaded ' || module || ' after code of it in no module had shown itself' AS summary, module AS evidence
FROM ranked
WHERE place = 1
