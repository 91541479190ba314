WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1289'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, code_path, process_key, path, target_process_key, target_path,
    CAST(coalesce(regex_match(arguments, 'size=([0-9]+)', 1), 0) AS INTEGER) AS bytes,
    api = 'WriteProcessMemory'
      OR (rights LIKE '%PROCESS\_VM\_WRITE%' ESCAPE '\' OR rights = 'PROCESS_ALL_ACCESS' AND api_frames = 1) AS is_write,
    api IN ('SetThreadContext', 'QueueUserAPC')
      OR api = 'CreateRemoteThread' AND (code_path = 'UNKNOWN' OR lower(code_path) = lower(target_path)) AS is_thread
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0
),
victims AS (
  SELECT DISTINCT target_process_key FROM touched
  WHERE is_thread AND EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcessFilter' AND target_path LIKE value ESCAPE '\')
),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM api_calls
  WHERE process_key IN (SELECT target_process_key FROM victims)
    AND (api = 'CreateProcess' OR api = 'LoadLibrary' AND lower(target_path) = lower(path))
  LIMIT -EXISTS (SELECT 1 FROM victims)
),
story AS (
  SELECT eid, time_ns, target_process_key AS victim, process_key AS actor, path, target_path, api, bytes, is_write, is_thread, 0 AS is_load
  FROM touched
  WHERE target_process_key IN (SELECT target_process_key FROM victims)
  UNION ALL
  SELECT eid, time_ns, process_key, '', '', '', '', 0, 0, 0, 1 FROM loaded
),
aged AS (
  SELECT *, max(CASE WHEN is_load THEN eid END) OVER life AS load_eid, max(CASE WHEN is_load THEN time_ns END) OVER life AS load_ns,
    1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowBetweenLoadAndTLSModification') AS longest,
    is_write AND (bytes = 0 OR bytes >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'PayloadEntropyThreshold')) AS counts
  FROM story WINDOW life AS (PARTITION BY victim ORDER BY eid)
),
told AS (
  SELECT *, max(CASE WHEN counts AND time_ns - load_ns <= longest THEN eid END) OVER pair AS write_eid,
    max(CASE WHEN counts AND time_ns - load_ns <= longest THEN time_ns END) OVER pair AS write_ns,
    max(bytes) OVER pair AS most, sum(is_thread) OVER pair AS threads
  FROM aged WHERE NOT is_load WINDOW pair AS (PARTITION BY actor, victim ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY actor, victim ORDER BY eid) AS place FROM told
  WHERE is_thread AND time_ns - write_ns <= longest
    AND threads >= (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'AnomalousThreadStartThreshold')
)
SELECT eid, load_eid || ',' || write_eid || ',' || eid AS eids,
  path || ' wrote into ' || target_path || ' as it started and ran code there by ' || api AS summary,
  api AS how, most AS bytes, (time_ns - load_ns) / 1000000 AS age_ms
FROM ranked WHERE place = 1
