-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0568'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, lower(object_name) AS object_name, target_path, lower(arguments) AS arguments, path, lower(name) AS name, cmdline, parent_path, system_path, process_key, computer,
    CASE api WHEN 'RegSetValueEx' THEN replace(regex_match(target_path, 'webcam\\NonPackaged\\(.*)\\LastUsed', 1), '#', '\') ELSE path END AS app FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('CameraLibraries', 'MediaLibraries', 'UseValues')) AND api IN ('LoadLibrary', 'RegSetValueEx', 'RegCreateKeyEx', 'CreateProcess')
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, api, target_path, path, cmdline, arguments, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'CameraCalls' UNION SELECT 'CreateProcess' UNION SELECT 'ScriptBlock')
    AND arguments_like IN (SELECT CASE element WHEN 'CaptureScripts' THEN 'script=' ELSE '' END || value FROM t WHERE element IN ('CaptureNotes', 'CaptureCommands', 'CaptureScripts'))
),
used AS (
  SELECT eid, time_ns, process_key, app, target_path, computer, CASE api WHEN 'LoadLibrary' THEN 'loads ' || object_name ELSE 'used the camera' END AS how, object_name FROM seen
  WHERE (api = 'LoadLibrary' OR api = 'RegSetValueEx') AND NOT (system_path = 1 AND api = 'LoadLibrary' AND parent_path COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'ParentProcessAllowList'))
  UNION ALL SELECT eid, time_ns, process_key, path, target_path, computer, 'used the camera', '' FROM opened WHERE api NOT IN ('CreateProcess', 'ScriptBlock')
),
strangers AS MATERIALIZED (
  SELECT * FROM used WHERE app <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedProcesses' AND app LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND app LIKE '%\' || value))
),
written AS MATERIALIZED (
  SELECT eid, time_ns, target_path, path, process_key, computer FROM file_changes
  WHERE process_key IN (SELECT process_key FROM strangers) AND action = 'create' LIMIT -EXISTS (SELECT 1 FROM strangers WHERE how LIKE 'loads %')
),
videos AS MATERIALIZED (
  SELECT w.*, max(s.eid) AS load FROM written AS w JOIN (SELECT *, row_number() OVER (PARTITION BY process_key, object_name ORDER BY eid) AS again FROM strangers) AS s ON s.again = 1 AND s.process_key = w.process_key AND s.process_key <> '' AND s.eid < w.eid
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'VideoExtensions' AND w.target_path LIKE value ESCAPE '\') AND EXISTS (SELECT 1 FROM t WHERE element = 'RarePathRegex' AND w.target_path LIKE value ESCAPE '\')
    AND w.time_ns - s.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY w.eid
),
sent AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM network_flows WHERE process_key IN (SELECT process_key FROM videos)
  LIMIT -EXISTS (SELECT 1 FROM videos WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MinFileSizeMB') > 0)
),
ways AS (
  SELECT eid, time_ns, app AS path, computer, target_path AS object, how, NULL AS before_it FROM strangers WHERE object_name NOT IN (SELECT lower(value) FROM t WHERE element = 'MediaLibraries')
  UNION ALL
  SELECT eid, time_ns, path, computer, target_path, 'loads libraries of media and writes a video', load FROM videos WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MinFileSizeMB') = 0
  UNION ALL
  SELECT n.eid, n.time_ns, v.path, v.computer, v.target_path, 'sends after it wrote a video', v.load || ',' || v.eid FROM videos AS v JOIN sent AS n ON n.process_key = v.process_key AND n.eid > v.eid
    AND n.time_ns - v.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, time_ns, path, computer, CASE api WHEN 'CreateProcess' THEN cmdline ELSE target_path END, 'prepares to watch another session', NULL FROM seen
  WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowCommands' AND cmdline LIKE value ESCAPE '\')
    OR api = 'RegSetValueEx' AND regex_match(arguments, '0*([24])\)?$', 1) <> '' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowKeys' AND target_path LIKE value ESCAPE '\')
    OR api = 'RegCreateKeyEx' AND name IN (SELECT value FROM t WHERE element = 'PolicyMakers') AND EXISTS (SELECT 1 FROM t WHERE element = 'ShadowPolicy' AND target_path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, path, computer, replace(substr(arguments, 8, 200), char(10), ' '), 'runs a script that uses the camera', NULL FROM opened WHERE api = 'ScriptBlock'
  UNION ALL
  SELECT eid, time_ns, path, computer, cmdline, 'is told to use the camera', NULL FROM opened WHERE api = 'CreateProcess'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'CaptureCommands' AND arguments LIKE value ESCAPE '\') AND path NOT LIKE '_:\Program Files%'
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, lower(path) ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, coalesce(before_it || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
