WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0619'),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, process_key, row_number() OVER (PARTITION BY computer, process_key, module_name ORDER BY eid) AS nth
  FROM module_loads WHERE module_name IN (SELECT lower(value) FROM t WHERE element = 'AudioLibraries') AND path <> '' AND process_key <> ''
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcess' AND path LIKE value ESCAPE '\')
),
written AS MATERIALIZED (
  SELECT eid, time_ns, target_path, path, process_key, computer FROM file_changes
  WHERE process_key IN (SELECT process_key FROM loaded) AND action = 'create' LIMIT -EXISTS (SELECT 1 FROM loaded)
),
sound AS (
  SELECT w.*, max(l.eid) AS load FROM written AS w JOIN loaded AS l
    ON l.nth = 1 AND l.process_key = w.process_key AND l.eid < w.eid
      AND w.time_ns - l.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'AudioExtensions' AND w.target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'WriteDirectory' AND w.target_path LIKE value ESCAPE '\')
  GROUP BY w.eid
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM sound)
SELECT eid, load || ',' || eid AS eids, path || ' loads libraries of sound and writes a file: ' || target_path AS summary,
  'loads libraries of sound and writes a file' AS how, target_path AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
