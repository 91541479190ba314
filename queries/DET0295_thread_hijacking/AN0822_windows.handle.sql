WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0822'),
touched AS MATERIALIZED (
  SELECT eid, time_ns, code_path, coalesce(nullif(code_path, ''), path) AS region, process_key AS actor, path, system_path, parent_path,
    target_process_key AS victim, target_path, api = 'CreateRemoteThread' AS is_thread,
    rights LIKE '%PROCESS\_VM\_WRITE%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\'
      OR rights = 'PROCESS_ALL_ACCESS' AND api_frames = 1
        AND target_name NOT IN (SELECT value FROM t WHERE element = 'MemoryTargets') AS is_handle
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0 AND is_child = 0
),
scored AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousThreadContextRegions' AND region LIKE value ESCAPE '\') + (system_path = 0)
    + (parent_path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND parent_path LIKE value ESCAPE '\')) AS score
  FROM touched WHERE EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcessList' AND target_path LIKE value ESCAPE '\')
),
acts AS MATERIALIZED (
  SELECT eid, time_ns, process_key, api FROM api_calls
  WHERE process_key IN (SELECT victim FROM scored WHERE is_handle) AND (api = 'connect' OR api = 'LoadLibrary'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND target_path LIKE value ESCAPE '\'))
  LIMIT -EXISTS (SELECT 1 FROM scored WHERE is_handle)
),
opened AS (SELECT *, row_number() OVER (PARTITION BY victim ORDER BY eid) AS nth FROM scored WHERE is_handle),
story AS (
  SELECT eid, time_ns, actor, victim, path, target_path, '' AS api, code_path, score, is_handle, is_thread FROM scored
  UNION ALL
  SELECT a.eid, a.time_ns, h.actor, h.victim, h.path, h.target_path, a.api, h.code_path, h.score, 0, 0
  FROM acts AS a JOIN opened AS h ON h.nth = 1 AND h.victim = a.process_key AND h.eid < a.eid
),
followed AS (
  SELECT *, max(CASE WHEN is_handle THEN eid END) OVER pair AS handle_eid, max(CASE WHEN is_handle THEN time_ns END) OVER pair AS handle_ns,
    max(is_thread) OVER pair AS threaded
  FROM story WINDOW pair AS (PARTITION BY actor, victim ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY actor, victim ORDER BY eid) AS place FROM followed
  WHERE api <> '' AND NOT threaded
    AND time_ns - handle_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND score >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
)
SELECT eid, handle_eid || ',' || eid AS eids,
  target_path || ' acted (' || api || ') after ' || path || ' got the rights to write and suspend there' AS summary,
  'handle' AS how, score, code_path
FROM told WHERE place = 1
