WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0277'),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api = 'QueueUserAPC' AS is_apc, code_path, process_key AS actor, path, is_child,
    target_process_key AS victim, target_path,
    rights LIKE '%PROCESS\_VM\_OPERATION%PROCESS\_VM\_WRITE%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\'
      AND rights NOT LIKE '%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\' AS is_handle
  FROM process_modifications
  WHERE code_system_path = 0 AND is_self = 0
    AND (target_user <> user OR '0' = (SELECT value FROM t WHERE element = 'UserContextSensitivity'))
),
handled AS (
  SELECT *, row_number() OVER (PARTITION BY victim ORDER BY eid) AS nth FROM touched
  WHERE is_handle
    AND (is_child = 1 OR EXISTS (SELECT 1 FROM t WHERE element = 'APCTargetProcessList' AND target_path LIKE value ESCAPE '\'))
),
acts AS MATERIALIZED (
  SELECT eid, time_ns, process_key AS victim, api FROM api_calls
  WHERE process_key IN (SELECT victim FROM handled) AND (api = 'connect' OR api = 'LoadLibrary'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND target_path LIKE value ESCAPE '\'))
  LIMIT -EXISTS (SELECT 1 FROM handled)
),
children AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key AS victim, api FROM api_calls
  WHERE parent_process_key IN (SELECT victim FROM handled) AND api = 'CreateProcess' LIMIT -EXISTS (SELECT 1 FROM handled)
),
story AS (
  SELECT eid, time_ns, actor, victim, path, target_path, '' AS api, code_path, is_handle, is_apc FROM touched
  UNION ALL
  SELECT a.eid, a.time_ns, h.actor, a.victim, h.path, h.target_path, a.api, h.code_path, 0, 0
  FROM (SELECT * FROM acts UNION ALL SELECT * FROM children) AS a JOIN handled AS h ON h.nth = 1 AND h.victim = a.victim AND h.eid < a.eid
),
followed AS (
  SELECT *, max(CASE WHEN is_handle THEN eid END) OVER pair AS handle_eid, max(CASE WHEN is_handle THEN time_ns END) OVER pair AS handle_ns,
    sum(is_apc) OVER pair AS apcs
  FROM story WINDOW pair AS (PARTITION BY actor, victim ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY actor, victim ORDER BY eid) AS place FROM followed
  WHERE api <> '' AND time_ns - handle_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, handle_eid || ',' || eid AS eids,
  target_path || ' acted (' || api || ') after ' || path || ' got the right to write there' AS summary, 'handle' AS how, apcs, code_path
FROM told WHERE place = 1
