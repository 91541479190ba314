WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'),
written AS MATERIALIZED (
  SELECT eid, time_ns, target_path, path, process_key, computer FROM file_changes
  WHERE target_path_like IN (SELECT value FROM t WHERE element = 'VideoExtensions') AND action = 'create' AND process_key <> ''
    AND EXISTS (SELECT 1 FROM t WHERE element = 'RarePathRegex' AND target_path LIKE value ESCAPE '\')
),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, process_key, row_number() OVER (PARTITION BY process_key, module_name ORDER BY eid) AS nth,
    module_name IN (SELECT lower(value) FROM t WHERE element = 'CameraLibraries') AS is_camera
  FROM module_loads
  WHERE process_key IN (SELECT process_key FROM written)
    AND module_name IN (SELECT lower(value) FROM t WHERE element IN ('CameraLibraries', 'MediaLibraries')) AND path <> ''
    AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedProcesses' AND path LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
    AND NOT (system_path = 1
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessAllowList' AND parent_path LIKE value ESCAPE '\'))
  LIMIT -EXISTS (SELECT 1 FROM written)
),
videos AS MATERIALIZED (
  SELECT w.*, max(l.eid) AS load FROM written AS w JOIN loaded AS l ON l.nth = 1 AND l.process_key = w.process_key AND l.eid < w.eid
    AND w.time_ns - l.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  WHERE NOT EXISTS ( -- the way library told of those
    SELECT 1 FROM loaded AS c WHERE c.is_camera AND c.process_key = w.process_key AND c.eid < w.eid)
  GROUP BY w.eid
),
sent AS MATERIALIZED ( -- asked where a file by itself is not enough
  SELECT eid, time_ns, process_key FROM network_flows WHERE process_key IN (SELECT process_key FROM videos)
  LIMIT -EXISTS (SELECT 1 FROM videos WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MinFileSizeMB') > 0)
),
found AS (
  SELECT eid, time_ns, computer, path, target_path, load AS chain, 'loads libraries of media and writes a video' AS how FROM videos
  WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MinFileSizeMB') = 0
  UNION ALL
  SELECT n.eid, n.time_ns, v.computer, v.path, v.target_path, v.load || ',' || max(v.eid), 'sends after it wrote a video'
  FROM videos AS v JOIN sent AS n ON n.process_key = v.process_key AND n.eid > v.eid
    AND n.time_ns - v.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY n.eid
),
again AS (SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS since FROM found)
SELECT eid, chain || ',' || eid AS eids, path || ' ' || how || ': ' || target_path AS summary, how, target_path AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
