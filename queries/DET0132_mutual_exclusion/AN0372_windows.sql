-- not yet rewritten
WITH RECURSIVE t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0372'
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, user, process_key, computer FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'MutexScripts')
),
called AS MATERIALIZED (
  SELECT eid, time_ns, api, target_path, object_name, path, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'MutexCalls') AND object_name <> ''
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'Programs' AND path LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryMutexes' AND target_path LIKE value ESCAPE '\')
),
lives AS MATERIALIZED (
  SELECT eid, time_ns, api, lower(path) AS path, path AS shown, parent_path, process_key, computer FROM api_calls
  WHERE api IN ('CreateProcess', 'ExitProcess') AND system_path = 0 AND path <> '' AND process_key <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'Programs' AND path LIKE value ESCAPE '\')
),
letters(eid, name, at, letter) AS (
  SELECT eid, lower(object_name), 1, substr(lower(object_name), 1, 1) FROM called
  UNION ALL SELECT eid, name, at + 1, substr(name, at + 1, 1) FROM letters WHERE at < min(length(name), 64)
),
made_up AS (
  SELECT eid FROM letters GROUP BY eid HAVING count(DISTINCT letter) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'mutex_name_entropy_threshold')
),
paired AS (
  SELECT *, lag(eid) OVER p AS start_eid, lag(time_ns) OVER p AS start_ns, lag(parent_path) OVER p AS starter FROM lives
  WINDOW p AS (PARTITION BY computer, process_key ORDER BY eid)
),
counted AS (
  SELECT *, sum(CASE WHEN api = 'CreateProcess' THEN 1 WHEN start_eid IS NULL THEN 0 ELSE -1 END) OVER (PARTITION BY computer, path ORDER BY eid) AS alive,
    CASE api WHEN 'CreateProcess' THEN lag(eid) OVER (PARTITION BY computer, path, api ORDER BY eid) END AS first_eid FROM paired WHERE api = 'ExitProcess' OR start_eid IS NULL
),
second AS MATERIALIZED (
  SELECT *, lag(alive) OVER p AS alive_then, lag(first_eid) OVER p AS earlier FROM counted WINDOW p AS (PARTITION BY computer, process_key ORDER BY eid)
),
rerun AS MATERIALIZED (
  SELECT s.*, (SELECT l.process_key FROM lives AS l WHERE l.eid = s.earlier) AS first_key FROM second AS s
  WHERE api = 'ExitProcess' AND start_eid IS NOT NULL AND alive >= 1 AND alive_then >= 2 AND time_ns - start_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND (lower(starter) = path OR EXISTS (SELECT 1 FROM t WHERE element = 'parent_process_path' AND starter LIKE value ESCAPE '\'))
),
locks AS MATERIALIZED (
  SELECT eid, target_path, process_key FROM file_changes WHERE process_key IN (SELECT first_key FROM rerun) AND (target_name LIKE '%.lock' OR target_name LIKE '%.lck' OR target_name LIKE '%.pid')
  LIMIT -EXISTS (SELECT 1 FROM rerun)
),
ways AS (
  SELECT eid, time_ns, computer, coalesce(nullif(process_key, ''), user) AS actor, path, replace(substr(script_text, 1, 200), char(10), ' ') AS object, 'keeps itself from running twice in a script' AS how, NULL AS earlier FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'MutexScripts' AND script_text LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryMutexes' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, process_key, path, target_path, 'uses a mutex with a made-up name', NULL FROM called WHERE eid IN (SELECT eid FROM made_up)
  UNION ALL
  SELECT eid, time_ns, computer, path, shown, coalesce((SELECT max(f.target_path) FROM locks AS f WHERE f.process_key = r.first_key AND f.eid < r.eid), 'second instance'),
    'was started again while it ran, and ended at once', earlier || ',' || start_eid FROM rerun AS r
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, actor ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, coalesce(earlier || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 100 * 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
