WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0277'),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api = 'QueueUserAPC' AS is_apc, code_path, process_key, path, target_process_key, target_path
  FROM process_modifications
  WHERE api IN ('WriteProcessMemory', 'MapViewOfSection', 'VirtualAllocEx', 'QueueUserAPC') AND code_system_path = 0 AND is_self = 0
    AND (target_user <> user OR '0' = (SELECT value FROM t WHERE element = 'UserContextSensitivity'))
),
story AS (
  SELECT *, max(CASE WHEN NOT is_apc THEN eid END) OVER pair AS write_eid, max(CASE WHEN NOT is_apc THEN time_ns END) OVER pair AS write_ns,
    sum(is_apc) OVER pair AS apcs
  FROM touched WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM story
  WHERE is_apc AND time_ns - write_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND apcs >= (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'ThreadQueueDepthThreshold')
)
SELECT eid, write_eid || ',' || eid AS eids, path || ' wrote into ' || target_path || ' and queued an APC to its thread' AS summary,
  'apc' AS how, apcs, code_path
FROM told WHERE place = 1
