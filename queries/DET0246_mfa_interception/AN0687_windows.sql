-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0687'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, object_name, target_path, arguments, path, process_key, computer FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('PinPrograms', 'CardLibraries', 'WatchedValues')) AND api IN ('OpenProcess', 'CreateRemoteThread', 'LoadLibrary', 'RegSetValueEx')
    AND path <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameExclusions' AND path LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
),
taken AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, cmdline, target_path, coalesce(nullif(path, ''), 'a script') AS path, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls' UNION SELECT 'CreateProcess' UNION SELECT 'CreateFile' UNION SELECT 'ScriptBlock')
    AND arguments_like IN (SELECT value FROM t WHERE element IN ('InputArguments', 'CodeStores') UNION SELECT 'script=' || value FROM t WHERE element = 'CodeScripts')
),
raw_signs AS (
  SELECT * FROM (SELECT eid, time_ns, computer, path, target_path AS object, CASE api
    WHEN 'RegSetValueEx' THEN CASE WHEN EXISTS (SELECT 1 FROM t WHERE element = 'ProviderKeys' AND target_path LIKE value ESCAPE '\') THEN 'provider' WHEN EXISTS (SELECT 1 FROM t WHERE element = 'ReaderKeys' AND target_path LIKE value ESCAPE '\') THEN 'reader' END
    WHEN 'LoadLibrary' THEN CASE WHEN object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'CardLibraries') THEN 'card' END
    ELSE CASE WHEN object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'PinPrograms') AND lower(path) <> lower(target_path)
      AND (api = 'CreateRemoteThread' OR api = 'OpenProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND instr(arguments, value))) THEN 'access' END END AS sign FROM seen) WHERE sign IS NOT NULL
  UNION ALL
  SELECT eid, time_ns, computer, path, arguments, 'keyboard' FROM taken WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls') AND path LIKE '%\%'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'InputArguments' AND arguments LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameExclusions' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, path, replace(substr(said, 1, 200), char(10), ' '), 'store' FROM (SELECT *, CASE api WHEN 'CreateProcess' THEN cmdline WHEN 'CreateFile' THEN target_path ELSE arguments END AS said FROM taken)
  WHERE api IN ('CreateProcess', 'CreateFile', 'ScriptBlock') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
    AND (EXISTS (SELECT 1 FROM t WHERE element = CASE api WHEN 'ScriptBlock' THEN 'CodeScripts' ELSE 'CodeStores' END AND said LIKE value ESCAPE '\') AND api <> 'CreateProcess'
      OR api <> 'CreateFile' AND length(said) < 8192 AND EXISTS (SELECT 1 FROM t WHERE element = 'CodeStores' AND said LIKE value ESCAPE '\') AND EXISTS (SELECT 1 FROM t WHERE element = 'StoreUses' AND said LIKE value ESCAPE '\'))
),
signs AS MATERIALIZED (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY computer, path, sign, time_ns / (100000000 * (1 + (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))) ORDER BY eid) AS again FROM raw_signs)
  WHERE again = 1 -- the first of each tenth of the window stands for a flood of the same
),
sessions AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, logon_user AS object, action, logon_type FROM logons WHERE success = 1 LIMIT -EXISTS (SELECT 1 FROM signs WHERE sign IN ('access', 'keyboard', 'card'))
),
all_signs AS (
  SELECT eid, time_ns, computer, path, object, sign FROM signs UNION ALL
  SELECT eid, time_ns, computer, path, object, 'logon' FROM sessions WHERE logon_type = 10 OR action = 'explicit_credentials' AND path NOT LIKE 'C:\Windows\System32\%'
),
chain AS (
  SELECT b.*, (SELECT max(printf('%020d,', a.eid) || a.sign) FROM signs AS a WHERE a.computer = b.computer AND a.eid < b.eid AND a.sign NOT IN (b.sign, 'reader', 'store') AND b.sign <> 'store' AND (a.path = b.path OR b.sign = 'logon')
    AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS earlier FROM all_signs AS b
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM chain WHERE sign IN ('provider', 'store') OR earlier IS NOT NULL
)
SELECT eid, coalesce(CAST(CAST(substr(earlier, 1, 20) AS INTEGER) AS TEXT) || ',', '') || eid AS eids,
  coalesce(nullif(path, ''), 'a process') || ' comes between user and second factor (' || coalesce(substr(earlier, 22) || ', ', '') || sign || '): ' || object AS summary, coalesce(substr(earlier, 22) || ',', '') || sign AS signs, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
