WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0822'),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, code_path, coalesce(nullif(code_path, ''), path) AS region, process_key, path, system_path, parent_path,
    target_process_key, target_path, api <> 'SetThreadContext' AS is_write
  FROM process_modifications
  WHERE api IN ('WriteProcessMemory', 'MapViewOfSection', 'VirtualAllocEx', 'SetThreadContext')
    AND code_system_path = 0 AND is_self = 0 AND is_child = 0
),
scored AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousThreadContextRegions' AND region LIKE value ESCAPE '\') + (system_path = 0)
    + (parent_path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND parent_path LIKE value ESCAPE '\')) AS score
  FROM touched WHERE EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcessList' AND target_path LIKE value ESCAPE '\')
),
story AS (
  SELECT *, max(CASE WHEN is_write THEN eid END) OVER pair AS write_eid, max(CASE WHEN is_write THEN time_ns END) OVER pair AS write_ns
  FROM scored WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM story
  WHERE NOT is_write AND time_ns - write_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND score >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
)
SELECT eid, write_eid || ',' || eid AS eids, path || ' wrote into ' || target_path || ' and set the context of its thread' AS summary,
  'context' AS how, score, code_path
FROM told WHERE place = 1
