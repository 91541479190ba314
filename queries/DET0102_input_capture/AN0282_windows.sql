-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0282'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, object_name, target_path, arguments, path, cmdline, process_key, computer FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('TargetImage', 'LogonObjects', 'Shells')) AND api IN ('OpenProcess', 'CreateRemoteThread', 'CreateFile', 'CreateProcess')
),
input AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, path, cmdline, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls' UNION SELECT 'CreateProcess') AND arguments_like IN (SELECT value FROM t WHERE element IN ('InputArguments', 'HookCommands'))
),
prompts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, process_key, computer FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'PromptPatterns')
),
foreign_access AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, computer ORDER BY eid) AS accesses FROM seen
  WHERE object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'TargetImage') AND api IN ('OpenProcess', 'CreateRemoteThread') AND path <> '' AND lower(path) <> lower(target_path)
    AND (api = 'CreateRemoteThread' OR arguments LIKE '%VM_WRITE%' OR arguments LIKE '%ALL_ACCESS%')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
),
ways AS (
  SELECT eid, time_ns, process_key, computer, path, target_path AS object, 'reaches into a program that users type passwords into' AS how FROM (
    SELECT *, lag(time_ns, max(0, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'AccessThreshold'))) OVER (PARTITION BY process_key, computer ORDER BY eid) AS first FROM foreign_access)
  WHERE api = 'CreateRemoteThread' OR time_ns - first <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, arguments, 'calls ' || api FROM input
  WHERE api <> 'CreateProcess' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'InputArguments' AND arguments LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, replace(substr(script_text, 1, 200), char(10), ' '), 'asks for a password and takes it out in clear' FROM prompts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'PromptPatterns' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, cmdline, 'asks for a password' FROM seen
  WHERE api = 'CreateProcess' AND object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Shells') AND EXISTS (SELECT 1 FROM t WHERE element = 'PromptCommands' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, cmdline, 'puts a library into a running program' FROM input
  WHERE api = 'CreateProcess' AND path NOT LIKE '_:\Program Files%' AND EXISTS (SELECT 1 FROM t WHERE element = 'HookCommands' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryLibraries' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, path, target_path, 'opens a keyboard or changes a logon page' FROM seen
  WHERE api = 'CreateFile' AND EXISTS (SELECT 1 FROM t WHERE element = 'LogonFiles' AND target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PageInstallers' AND path LIKE value ESCAPE '\')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, process_key ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
