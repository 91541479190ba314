-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0250'
),
script AS MATERIALIZED (
  SELECT eid, process_key, block_id, path, host_application, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('APILoadWithoutImport', 'ExportWalks'))
),
unbacked AS MATERIALIZED (
  SELECT eid, time_ns, process_key, call_trace FROM process_accesses WHERE code_path = 'UNKNOWN' AND is_self = 0
),
memory AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM memory_protections
  WHERE api IN ('VirtualAlloc', 'VirtualProtect', 'MapViewOfFile') AND is_executable = 1 AND system_path = 0
),
hidden AS (
  SELECT eid, time_ns, process_key FROM unbacked WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'StackTraceFilter' AND call_trace LIKE value ESCAPE '\')
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
  SELECT *, max(CASE WHEN NOT is_load THEN eid END) OVER own AS hidden_eid, max(CASE WHEN NOT is_load THEN time_ns END) OVER own AS hidden_ns
  FROM story WINDOW own AS (PARTITION BY process_key ORDER BY eid)
),
found AS (
  SELECT eid, hidden_eid || ',' || eid AS eids, process_key AS actor, 'late_library' AS how, module AS evidence,
    path || ' loaded ' || module || ' after code of it in no module had shown itself' AS summary
  FROM told WHERE is_load AND time_ns - hidden_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, coalesce(nullif(process_key, ''), block_id), 'script', substr(script_text, max(1, instr(script_text, 'GetProc') - 40), 120),
    'A script of ' || coalesce(nullif(path, ''), nullif(host_application, ''), 'an interpreter') || ' looks functions up at run time and makes them callable'
  FROM script WHERE (script_text LIKE '%GetProc%Address%' AND EXISTS (SELECT 1 FROM t WHERE element = 'APILoadWithoutImport' AND script_text LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ExportWalks' AND script_text LIKE value ESCAPE '\'))
    AND (length(script_text) - length(replace(lower(script_text), '0x', ''))) / 2 >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'EntropyThreshold')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY actor, how ORDER BY eid) AS place FROM found
)
SELECT eid, eids, summary, how, evidence FROM ranked WHERE place = 1
