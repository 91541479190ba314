-- id: AN1289
-- name: Fresh process changed so that code runs before its entry point
-- strategy: DET0467
-- technique: T1055.005
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: Shortly after a process started or its image was loaded, code that is not the system's writes into it, or gets the right
--   to, and then starts a thread in it that begins in the process's own image or in no module, or redirects one: the time and
--   place at which TLS callbacks are run.
-- log_sources: WinEventLog:Sysmon, EDR:memory
-- tables: process_modifications, api_calls
-- extra: how, bytes, age_ms
-- pyramid_level: 5
-- severity: medium
-- interval: 10
-- window: TimeWindowBetweenLoadAndTLSModification
-- tuning:
--   TargetProcessFilter | like | executable path | C:\\Windows\\% | TargetProcessFilter | Processes whose TLS directory nobody changes after it was loaded.
--   TargetProcessFilter | like | executable path | C:\\Program Files% | TargetProcessFilter | Processes whose TLS directory nobody changes after it was loaded.
--   TimeWindowBetweenLoadAndTLSModification | window | seconds | 10 | TimeWindowBetweenLoadAndTLSModification | Longest time from the load of the image to the write, and from there to the thread.
--   AnomalousThreadStartThreshold | count | threads | 1 | AnomalousThreadStartThreshold | How many threads must be started or redirected.
--   PayloadEntropyThreshold | count | bytes | 1 | PayloadEntropyThreshold | Least bytes written in one call where the call tells; the entropy of what was written is in no event.
-- benign:
--   Protectors of games and licences and debuggers outside the system folders that patch a program as it starts.
-- limits:
--   Handles, threads and loads need WinEventLog:Sysmon (10, 8, 7, 1); writes and contexts show in the trace of Microsoft-Windows-Threat-Intelligence alone.
--   Whether a write hits the TLS directory is not told: its time, its target and the thread that follows stand for it.
--   A callback that the loader itself calls in the first thread shows no further thread; the write alone is not reported here.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0467
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1289'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, code_path, process_key, path, target_process_key, target_path,
    CAST(coalesce(regex_match(arguments, 'size=([0-9]+)', 1), 0) AS INTEGER) AS bytes,
    api = 'WriteProcessMemory' OR (rights LIKE '%PROCESS\_VM\_WRITE%' ESCAPE '\' OR rights = 'PROCESS_ALL_ACCESS' AND api_frames = 1) AS is_write,
    api IN ('SetThreadContext', 'QueueUserAPC') OR api = 'CreateRemoteThread' AND (code_path = 'UNKNOWN' OR lower(code_path) = lower(target_path)) AS is_thread
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0
),
victims AS (
  SELECT DISTINCT target_process_key FROM touched
  WHERE is_thread AND EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcessFilter' AND target_path LIKE value ESCAPE '\')
),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM api_calls
  WHERE process_key IN (SELECT target_process_key FROM victims) AND (api = 'CreateProcess' OR api = 'LoadLibrary' AND lower(target_path) = lower(path))
  LIMIT -EXISTS (SELECT 1 FROM victims)
),
story AS (
  SELECT eid, time_ns, target_process_key AS victim, process_key AS actor, path, target_path, api, bytes, is_write, is_thread, 0 AS is_load FROM touched
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
