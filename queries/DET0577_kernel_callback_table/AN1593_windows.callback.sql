WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1593'),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, rights, code_path, process_key, path, target_process_key, target_path,
    api = 'WriteProcessMemory'
      OR api_frames <= 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'AccessMaskThresholds' AND rights LIKE value ESCAPE '\') AS is_handle,
    EXISTS (SELECT 1 FROM t WHERE element = 'MacroCode' AND code_path LIKE value ESCAPE '\') AS is_macro
  FROM process_modifications
  WHERE target_name IN (SELECT lower(value) FROM t WHERE element = 'MonitoredProcesses') AND is_self = 0
    AND (code_system_path = 0 OR EXISTS (SELECT 1 FROM t WHERE element = 'MacroCode' AND code_path LIKE value ESCAPE '\'))
),
acts AS MATERIALIZED (
  SELECT eid, time_ns, process_key AS victim, api FROM api_calls
  WHERE process_key IN (SELECT target_process_key FROM touched WHERE is_handle)
    AND (api = 'connect' OR api = 'LoadLibrary'
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'LibraryFolders' AND target_path LIKE value ESCAPE '\'))
  LIMIT -EXISTS (SELECT 1 FROM touched WHERE is_handle)
),
children AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key AS victim, api FROM api_calls
  WHERE parent_process_key IN (SELECT target_process_key FROM touched WHERE is_handle) AND api = 'CreateProcess'
  LIMIT -EXISTS (SELECT 1 FROM touched WHERE is_handle)
),
openers AS (
  SELECT *, row_number() OVER (PARTITION BY target_process_key ORDER BY eid) AS nth FROM touched WHERE is_handle
),
story AS (
  SELECT eid, time_ns, process_key AS actor, target_process_key AS victim, path, target_path, api, rights, code_path, is_handle,
    is_handle AND is_macro OR api IN ('CreateRemoteThread', 'QueueUserAPC', 'SetThreadContext') AS is_told, 0 AS is_act
  FROM touched
  UNION ALL
  SELECT a.eid, a.time_ns, h.process_key, a.victim, h.path, h.target_path, a.api, h.rights, h.code_path, 0, 0, 1
  FROM (SELECT * FROM acts UNION ALL SELECT * FROM children) AS a
  JOIN openers AS h ON h.nth = 1 AND h.target_process_key = a.victim AND h.eid < a.eid
  WHERE a.api IN (SELECT value FROM t WHERE element = 'CallbackFunctions')
),
-- A thread is what other analytics tell, a macro the other way.
paired AS (
  SELECT *, max(CASE WHEN is_handle THEN eid END) OVER pair AS handle_eid, max(CASE WHEN is_handle THEN time_ns END) OVER pair AS handle_ns,
    max(is_told) OVER pair AS told
  FROM story WINDOW pair AS (PARTITION BY actor, victim ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY actor, victim ORDER BY eid) AS place FROM paired
  WHERE is_act AND NOT told AND time_ns - handle_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, handle_eid || ',' || eid AS eids,
  target_path || ' acted (' || api || ') after ' || path || ' could read and write its memory, without a thread' AS summary,
  api AS how, rights, code_path
FROM ranked WHERE place = 1
