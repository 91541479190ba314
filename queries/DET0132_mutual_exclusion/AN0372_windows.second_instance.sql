WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0372'),
lives AS MATERIALIZED (
  SELECT eid, time_ns, api, lower(path) AS path, path AS shown, parent_path, process_key, computer FROM api_calls
  WHERE api IN ('CreateProcess', 'ExitProcess') AND system_path = 0 AND path <> '' AND process_key <> ''
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'Programs' AND path LIKE value ESCAPE '\')
),
paired AS (
  SELECT *, lag(eid) OVER p AS start_eid, lag(time_ns) OVER p AS start_ns, lag(parent_path) OVER p AS starter FROM lives
  WINDOW p AS (PARTITION BY computer, process_key ORDER BY eid)
),
counted AS (
  SELECT *, sum(CASE WHEN api = 'CreateProcess' THEN 1 WHEN start_eid IS NULL THEN 0 ELSE -1 END)
      OVER (PARTITION BY computer, path ORDER BY eid) AS alive,
    CASE api WHEN 'CreateProcess' THEN lag(eid) OVER (PARTITION BY computer, path, api ORDER BY eid) END AS first_eid
  FROM paired WHERE api = 'ExitProcess' OR start_eid IS NULL
),
ended AS (
  SELECT *, lag(alive) OVER p AS alive_then, lag(first_eid) OVER p AS earlier FROM counted
  WINDOW p AS (PARTITION BY computer, process_key ORDER BY eid)
),
rerun AS MATERIALIZED (
  SELECT *, (SELECT l.process_key FROM lives AS l WHERE l.eid = earlier) AS first_key FROM ended
  WHERE api = 'ExitProcess' AND start_eid IS NOT NULL AND alive >= 1 AND alive_then >= 2
    AND time_ns - start_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND (lower(starter) = path OR EXISTS (SELECT 1 FROM t WHERE element = 'parent_process_path' AND starter LIKE value ESCAPE '\'))
),
locks AS MATERIALIZED (
  SELECT eid, target_path, process_key FROM file_changes WHERE process_key IN (SELECT first_key FROM rerun)
    AND EXISTS (SELECT 1 FROM t WHERE element = 'LockFiles' AND target_name LIKE value ESCAPE '\')
  LIMIT -EXISTS (SELECT 1 FROM rerun)
),
told AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, path ORDER BY eid) AS before, coalesce((
    SELECT max(f.target_path) FROM locks AS f WHERE f.process_key = first_key AND f.eid < rerun.eid), 'second instance') AS object
  FROM rerun
)
SELECT eid, earlier || ',' || start_eid || ',' || eid AS eids,
  shown || ' was started again while it ran, and ended at once: ' || object AS summary,
  'was started again while it ran, and ended at once' AS how, object
FROM told
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'QuietTime')
