WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0941'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, rights, code_path, process_key, path, target_process_key, target_path
  FROM process_modifications
  WHERE target_name IN (SELECT lower(value) FROM t WHERE element = 'TargetWindowClassName') AND code_system_path = 0
    AND is_self = 0 AND is_child = 0 AND (target_user <> user OR '0' = (SELECT value FROM t WHERE element = 'UserContextAnomalyThreshold'))
),
story AS (
  SELECT *, max(CASE WHEN api = 'VirtualAllocEx' THEN eid END) OVER pair AS allocated,
    max(CASE WHEN api = 'VirtualAllocEx' THEN time_ns END) OVER pair AS allocated_ns,
    max(api IN ('WriteProcessMemory', 'MapViewOfSection', 'CreateRemoteThread', 'QueueUserAPC', 'SetThreadContext')) OVER pair AS written
  FROM touched WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
found AS (
  SELECT *, eid AS eids, 'handle' AS how FROM story
  WHERE rights LIKE '%PROCESS\_VM\_OPERATION%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_VM\_WRITE%' ESCAPE '\'
    AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\'
  UNION ALL
  SELECT *, allocated || ',' || eid, 'allocation' FROM story
  WHERE api = 'VirtualProtectEx' AND arguments LIKE '% protect=PAGE\_EXECUTE%' ESCAPE '\' AND NOT written
    AND time_ns - allocated_ns <= 1000000000 * (
      SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_PostMessage_to_LVM_SORTITEMS')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM found
)
SELECT eid, eids,
  path || CASE how WHEN 'handle' THEN ' got the right to allocate in ' || target_path || ' but not to write there'
    ELSE ' made memory of ' || target_path || ' executable into which it had not written' END AS summary,
  how, rights, code_path
FROM ranked
WHERE place = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'InterprocessWindowMessagingFrequency')
