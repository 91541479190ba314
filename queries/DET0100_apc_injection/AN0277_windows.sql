-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0277'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, code_path, process_key, path, target_process_key, target_path, is_child,
    api IN ('WriteProcessMemory', 'MapViewOfSection', 'VirtualAllocEx') AS is_write,
    rights LIKE '%PROCESS\_VM\_OPERATION%PROCESS\_VM\_WRITE%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\'
      AND rights NOT LIKE '%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\' AS is_handle
  FROM process_modifications
  WHERE code_system_path = 0 AND is_self = 0
    AND (target_user <> user OR '0' = (SELECT value FROM t WHERE element = 'UserContextSensitivity'))
),
handled AS (
  SELECT *, row_number() OVER (PARTITION BY target_process_key ORDER BY eid) AS nth FROM touched
  WHERE is_handle AND (is_child = 1 OR EXISTS (SELECT 1 FROM t WHERE element = 'APCTargetProcessList' AND target_path LIKE value ESCAPE '\'))
),
acts AS MATERIALIZED (
  SELECT eid, time_ns, process_key AS victim, api FROM api_calls
  WHERE process_key IN (SELECT target_process_key FROM handled)
    AND (api = 'connect' OR api = 'LoadLibrary' AND target_path NOT LIKE 'C:\Windows\%' AND target_path NOT LIKE 'C:\Program Files%')
  LIMIT -EXISTS (SELECT 1 FROM handled)
),
children AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key AS victim, api FROM api_calls
  WHERE parent_process_key IN (SELECT target_process_key FROM handled) AND api = 'CreateProcess' LIMIT -EXISTS (SELECT 1 FROM handled)
),
story AS (
  SELECT eid, time_ns, process_key AS actor, target_process_key AS victim, path, target_path, api, code_path, is_write, is_handle, 0 AS is_act FROM touched
  UNION ALL
  SELECT a.eid, a.time_ns, h.process_key, a.victim, h.path, h.target_path, a.api, h.code_path, 0, 0, 1
  FROM (SELECT * FROM acts UNION ALL SELECT * FROM children) AS a JOIN handled AS h ON h.nth = 1 AND h.target_process_key = a.victim AND h.eid < a.eid
),
told AS (
  SELECT *, max(CASE WHEN is_write OR is_handle THEN eid END) OVER pair AS first_eid, max(CASE WHEN is_write THEN time_ns END) OVER pair AS write_ns,
    max(CASE WHEN is_handle THEN time_ns END) OVER pair AS handle_ns, sum(api = 'QueueUserAPC') OVER pair AS apcs,
    1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AS longest
  FROM story WINDOW pair AS (PARTITION BY actor, victim ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY actor, victim ORDER BY eid) AS place FROM told
  WHERE is_act AND time_ns - handle_ns <= longest OR api = 'QueueUserAPC' AND time_ns - write_ns <= longest
    AND apcs >= (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'ThreadQueueDepthThreshold')
)
SELECT eid, first_eid || ',' || eid AS eids, CASE WHEN is_act THEN target_path || ' acted (' || api || ') after ' || path || ' got the right to write there'
    ELSE path || ' wrote into ' || target_path || ' and queued an APC to its thread' END AS summary,
  CASE WHEN is_act THEN 'handle' ELSE 'apc' END AS how, apcs, code_path
FROM ranked WHERE place = 1
