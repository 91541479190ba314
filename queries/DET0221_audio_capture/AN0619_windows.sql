-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0619'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, lower(object_name) AS object_name, target_path, path, name, cmdline, process_key, computer,
    replace(regex_match(target_path, 'microphone\\NonPackaged\\(.*)\\LastUsed', 1), '#', '\') AS app FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('AudioLibraries', 'UseValues', 'Recorders')) AND api IN ('LoadLibrary', 'RegSetValueEx', 'CreateProcess')
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, api, substr(arguments, 8) AS script_text, arguments, cmdline, path, process_key, computer FROM api_calls WHERE api IN ('ScriptBlock', 'CreateProcess')
    AND arguments_like IN (SELECT CASE element WHEN 'RecorderScripts' THEN 'script=' ELSE '' END || value FROM t WHERE element IN ('RecorderScripts', 'RecorderCommands'))
),
libraries AS MATERIALIZED (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY computer, process_key, object_name ORDER BY eid) AS again FROM seen WHERE api = 'LoadLibrary') WHERE again = 1
),
foreign_loads AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM libraries
  WHERE path <> '' AND process_key <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcess' AND path LIKE value ESCAPE '\')
),
written AS MATERIALIZED (
  SELECT eid, time_ns, target_path, path, process_key, computer FROM file_changes
  WHERE process_key IN (SELECT process_key FROM foreign_loads) AND action = 'create' LIMIT -EXISTS (SELECT 1 FROM foreign_loads)
),
ways AS (
  SELECT eid, time_ns, app AS process, computer, app AS path, target_path AS object, 'used the microphone' AS how, NULL AS load FROM seen
  WHERE api = 'RegSetValueEx' AND app <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcess' AND app LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND app LIKE '%\' || value))
  UNION ALL
  SELECT eid, time_ns, path, computer, path, object_name, 'loads libraries of sound capture', NULL FROM (
    SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS distinct_libraries FROM libraries
    WHERE lower(name) IN (SELECT value FROM t WHERE element = 'ScriptHosts'))
  WHERE distinct_libraries >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctLibraries')
  UNION ALL
  SELECT w.eid, w.time_ns, w.path, w.computer, w.path, w.target_path, 'loads libraries of sound and writes a file', max(l.eid) FROM written AS w JOIN foreign_loads AS l ON l.process_key = w.process_key AND l.eid < w.eid
  WHERE w.time_ns - l.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'AudioExtensions' AND w.target_path LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'WriteDirectory' AND w.target_path LIKE value ESCAPE '\')
  GROUP BY w.eid
  UNION ALL
  SELECT eid, time_ns, path, computer, path, cmdline, 'is told to record', NULL FROM scripts
  WHERE api = 'CreateProcess' AND path NOT LIKE '_:\Program Files%' AND EXISTS (SELECT 1 FROM t WHERE element = 'RecorderCommands' AND arguments LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, path, computer, path, replace(substr(script_text, 1, 200), char(10), ' '), 'runs a script that records', NULL FROM scripts
  WHERE api = 'ScriptBlock' AND EXISTS (SELECT 1 FROM t WHERE element = 'RecorderScripts' AND script_text LIKE value ESCAPE '\')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, lower(process) ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, coalesce(load || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
