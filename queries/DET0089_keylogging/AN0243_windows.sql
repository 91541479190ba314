-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0243'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, object_name, target_path, arguments, path, process_key, computer FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('TargetImage', 'WatchedValues')) AND api IN ('OpenProcess', 'RegSetValueEx', 'CreateFile')
),
input AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, target_path, path, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls' UNION SELECT 'ScriptBlock' UNION SELECT 'AmsiScanBuffer' UNION SELECT 'CreateFile')
    AND arguments_like IN (SELECT CASE element WHEN 'KeyLogFiles' THEN '%file=' WHEN 'KeyPatterns' THEN '%script=' ELSE '' END || value FROM t WHERE element IN ('InputArguments', 'KeyPatterns', 'KeyLogFiles'))
),
filters AS MATERIALIZED (
  SELECT * FROM seen WHERE api = 'RegSetValueEx' AND EXISTS (SELECT 1 FROM t WHERE element = 'KeyboardKeys' AND target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'FilterInstallers' AND path LIKE value ESCAPE '\')
),
drivers AS MATERIALIZED (
  SELECT eid, time_ns, service_name, computer FROM service_changes WHERE action = 'create' AND service_type LIKE '%driver%' LIMIT -EXISTS (SELECT 1 FROM filters)
),
ways AS (
  SELECT eid, time_ns, process_key, computer, path, target_path AS object, 'takes full access to a program that sees what is typed' AS how FROM (
    SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'AccessThreshold'))) OVER (PARTITION BY computer, process_key ORDER BY eid) AS first FROM seen
    WHERE api = 'OpenProcess' AND path <> '' AND EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND instr(arguments, value))
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\'))
  WHERE time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, target_path, 'opened the keyboard' FROM seen
  WHERE (api = 'CreateFile' AND target_path LIKE '%\KeyboardClass%' OR api = 'RegSetValueEx' AND EXISTS (SELECT 1 FROM t WHERE element = 'DirectInputKeys' AND target_path LIKE value ESCAPE '\'))
    AND path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, arguments, 'calls ' || api FROM input
  WHERE api NOT IN ('ScriptBlock', 'AmsiScanBuffer', 'CreateFile') AND EXISTS (SELECT 1 FROM t WHERE element = 'InputArguments' AND arguments LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, 'a script', 'asks which keys are down or hooks them' FROM input WHERE api IN ('ScriptBlock', 'AmsiScanBuffer')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, target_path, 'keeps a log of keys' FROM input
  WHERE api = 'CreateFile' AND path <> '' AND (lower(regex_match(path, '[^\\]+$', 0)) IN (SELECT value FROM t WHERE element = 'BorrowedHosts') OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\'))
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, target_path, 'puts a filter before the keyboard' FROM filters
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, process_key ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
),
found AS (
  SELECT *, CASE WHEN eid IN (SELECT eid FROM filters) THEN (SELECT max(d.eid) FROM drivers AS d WHERE d.computer = o.computer AND d.eid < o.eid
    AND o.time_ns - d.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) END AS driver
  FROM ordered AS o WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
)
SELECT eid, coalesce(driver || ',', '') || eid AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object
    || coalesce(', after the driver ' || (SELECT service_name FROM drivers WHERE drivers.eid = driver), '') AS summary, how, object
FROM found
