-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0608'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, rights, code_path, process_key, path, target_process_key, target_path,
    CAST(coalesce(regex_match(arguments, 'size=([0-9]+)', 1), 0) AS INTEGER) AS bytes
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0 AND is_child = 0
),
story AS (
  SELECT *, 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowSetWindowLongToMessageTrigger') AS longest,
    max(CASE WHEN api IN ('WriteProcessMemory', 'MapViewOfSection') AND bytes >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SharedSectionWriteThreshold')
      THEN eid END) OVER earlier AS payload,
    max(CASE WHEN api IN ('WriteProcessMemory', 'MapViewOfSection') AND bytes >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SharedSectionWriteThreshold')
      THEN time_ns END) OVER earlier AS payload_ns,
    max(api IN ('CreateRemoteThread', 'QueueUserAPC', 'SetThreadContext', 'SuspendThread')) OVER earlier AS threaded
  FROM touched WHERE regex_match(target_path, (SELECT value FROM t WHERE element = 'TargetWindowClassRegex'), 0) IS NOT NULL
  WINDOW earlier AS (PARTITION BY process_key, target_process_key ORDER BY eid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
found AS (
  SELECT *, eid AS eids, 'handle' AS how FROM story
  WHERE rights LIKE '%PROCESS\_VM\_OPERATION%PROCESS\_VM\_WRITE%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\'
    AND rights NOT LIKE '%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\'
  UNION ALL
  SELECT *, payload || ',' || eid, 'write' FROM story
  WHERE api IN (SELECT value FROM t WHERE element = 'ExecutionTriggerWindowMessage') AND time_ns - payload_ns <= longest AND NOT coalesce(threaded, 0)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM found
)
SELECT eid, eids, path || CASE how WHEN 'handle' THEN ' got the right to write into ' || target_path || ', whose windows hold pointers to functions'
    ELSE ' wrote a payload and then pointers into ' || target_path || ' and started no thread there' END AS summary, how, rights, code_path
FROM ranked WHERE place = 1
