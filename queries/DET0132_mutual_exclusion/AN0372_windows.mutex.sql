WITH RECURSIVE t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0372'),
called AS MATERIALIZED (
  SELECT eid, time_ns, target_path, lower(object_name) AS name, path, process_key, computer FROM api_calls
  WHERE api = 'AccessCheckAndAuditAlarm' AND object_type = 'Mutant' AND object_name <> ''
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'Programs' AND path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryMutexes' AND target_path LIKE value ESCAPE '\')
),
letters (eid, name, at, letter) AS (
  SELECT eid, name, 1, substr(name, 1, 1) FROM called
  UNION ALL SELECT eid, name, at + 1, substr(name, at + 1, 1) FROM letters WHERE at < min(length(name), 64)
),
made_up AS (
  SELECT eid FROM letters GROUP BY eid
  HAVING count(DISTINCT letter) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'mutex_name_entropy_threshold')
),
told AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, process_key ORDER BY eid) AS before FROM called
  WHERE eid IN (SELECT eid FROM made_up)
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' uses a mutex with a made-up name: ' || target_path AS summary,
  'uses a mutex with a made-up name' AS how, target_path AS object
FROM told
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'QuietTime')
