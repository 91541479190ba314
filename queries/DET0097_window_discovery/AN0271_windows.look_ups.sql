WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0271'
),
looked_up AS MATERIALIZED (
  SELECT eid, time_ns, path, user, process_key, computer, target_process_key FROM process_accesses
  WHERE call_trace_like IN (SELECT value FROM t WHERE element = 'WindowFrames') AND system_path = 0 AND path <> ''
    AND target_process_key <> process_key
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'WindowPrograms' AND path LIKE value ESCAPE '\')
),
firsts AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, target_process_key ORDER BY eid) AS again FROM looked_up
),
targets AS (
  SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctWindows')))
    OVER (PARTITION BY computer, process_key ORDER BY eid) AS first
  FROM firsts
  WHERE again = 1
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS before FROM targets
  WHERE time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' looks up the processes of windows: many windows' AS summary, 'many windows' AS object
FROM ordered
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'RepeatAfter')
