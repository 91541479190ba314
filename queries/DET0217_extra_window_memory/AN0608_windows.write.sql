WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0608'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, code_path, process_key, path, target_process_key, target_path,
    api IN ('WriteProcessMemory', 'MapViewOfSection') AND CAST(coalesce(regex_match(arguments, 'size=([0-9]+)', 1), 0) AS INTEGER)
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SharedSectionWriteThreshold') AS is_payload
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0 AND is_child = 0
),
story AS (
  SELECT *, max(CASE WHEN is_payload THEN eid END) OVER earlier AS payload,
    max(CASE WHEN is_payload THEN time_ns END) OVER earlier AS payload_ns,
    max(api IN ('CreateRemoteThread', 'QueueUserAPC', 'SetThreadContext', 'SuspendThread')) OVER earlier AS threaded
  FROM touched WHERE regex_match(target_path, (SELECT value FROM t WHERE element = 'TargetWindowClassRegex'), 0) IS NOT NULL
  WINDOW earlier AS (PARTITION BY process_key, target_process_key ORDER BY eid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM story
  WHERE api IN (SELECT value FROM t WHERE element = 'ExecutionTriggerWindowMessage') AND NOT coalesce(threaded, 0)
    AND time_ns - payload_ns
      <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowSetWindowLongToMessageTrigger')
)
SELECT eid, payload || ',' || eid AS eids,
  path || ' wrote a payload and then pointers into ' || target_path || ' and started no thread there' AS summary, code_path
FROM ranked
WHERE place = 1
