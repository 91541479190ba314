-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0822'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, rights, code_path, api_frames, process_key, path, system_path, parent_path, target_process_key, target_path,
    api IN ('WriteProcessMemory', 'MapViewOfSection', 'VirtualAllocEx') AS is_write,
    rights LIKE '%PROCESS\_VM\_WRITE%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\'
      OR rights = 'PROCESS_ALL_ACCESS' AND api_frames = 1 AND target_name <> 'lsass.exe' AS is_handle
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0 AND is_child = 0
),
scored AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousThreadContextRegions' AND coalesce(nullif(code_path, ''), path) LIKE value ESCAPE '\')
    + (system_path = 0) + (parent_path <> '' AND parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%') AS score
  FROM touched WHERE EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcessList' AND target_path LIKE value ESCAPE '\')
),
acts AS MATERIALIZED (
  SELECT eid, time_ns, process_key, api, target_path FROM api_calls
  WHERE process_key IN (SELECT target_process_key FROM scored WHERE is_handle)
    AND (api = 'connect' OR api = 'LoadLibrary' AND target_path NOT LIKE 'C:\Windows\%' AND target_path NOT LIKE 'C:\Program Files%')
  LIMIT -EXISTS (SELECT 1 FROM scored WHERE is_handle)
),
story AS (
  SELECT eid, time_ns, process_key AS actor, target_process_key AS victim, path, target_path, api, code_path, score, is_write, is_handle, 0 AS is_act FROM scored
  UNION ALL
  SELECT a.eid, a.time_ns, h.process_key, a.process_key, h.path, h.target_path, a.api, h.code_path, h.score, 0, 0, 1
  FROM acts AS a JOIN (SELECT *, row_number() OVER (PARTITION BY target_process_key ORDER BY eid) AS nth FROM scored WHERE is_handle) AS h
    ON h.nth = 1 AND h.target_process_key = a.process_key AND h.eid < a.eid
),
told AS (
  SELECT *, max(CASE WHEN is_write OR is_handle THEN eid END) OVER pair AS first_eid, max(CASE WHEN is_write THEN time_ns END) OVER pair AS write_ns,
    max(CASE WHEN is_handle THEN time_ns END) OVER pair AS handle_ns, max(api = 'CreateRemoteThread') OVER pair AS threaded,
    1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AS longest
  FROM story WINDOW pair AS (PARTITION BY actor, victim ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY actor, victim ORDER BY eid) AS place FROM told
  WHERE (api = 'SetThreadContext' AND time_ns - write_ns <= longest OR is_act AND NOT threaded AND time_ns - handle_ns <= longest)
    AND score >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
)
SELECT eid, first_eid || ',' || eid AS eids, CASE WHEN is_act THEN target_path || ' acted (' || api || ') after ' || path || ' got the rights to write and suspend there'
    ELSE path || ' wrote into ' || target_path || ' and set the context of its thread' END AS summary,
  CASE WHEN is_act THEN 'handle' ELSE 'context' END AS how, score, code_path
FROM ranked WHERE place = 1
