WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0687'),
reached AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, target_path, CASE
    WHEN api = 'LoadLibrary' AND object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'CardLibraries') THEN 'card'
    WHEN api = 'RegSetValueEx' AND EXISTS (SELECT 1 FROM t WHERE element = 'ReaderKeys' AND target_path LIKE value ESCAPE '\') THEN 'reader'
    WHEN api IN ('CreateRemoteThread', 'OpenProcess') AND lower(path) <> lower(target_path)
      AND object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'PinPrograms')
      AND (api = 'CreateRemoteThread' OR EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND instr(arguments, value))) THEN 'access'
    END AS sign
  FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('PinPrograms', 'CardLibraries', 'ReaderValues'))
    AND api IN ('OpenProcess', 'CreateRemoteThread', 'LoadLibrary', 'RegSetValueEx')
    AND path <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameExclusions' AND path LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
),
typed AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, arguments FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls') AND path LIKE '%\%'
    AND arguments_like IN (SELECT value FROM t WHERE element = 'InputArguments')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameExclusions' AND path LIKE value ESCAPE '\')
),
-- The first of each tenth of the window stands for a flood of the same.
signs AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, object, sign FROM (SELECT *, row_number() OVER (PARTITION BY computer, path, sign,
      time_ns / (100000000 * (1 + (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))) ORDER BY eid) AS again
    FROM (SELECT eid, time_ns, computer, path, target_path AS object, sign FROM reached WHERE sign IS NOT NULL
      UNION ALL SELECT eid, time_ns, computer, path, arguments, 'keyboard' FROM typed)) WHERE again = 1
),
used AS (
  SELECT eid, time_ns, computer, path, logon_user AS object, 'logon' AS sign FROM logons
  WHERE success = 1 AND (logon_type = 10 OR action = 'explicit_credentials'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'LogonPrograms' AND path LIKE value ESCAPE '\'))
  LIMIT -EXISTS (SELECT 1 FROM signs WHERE sign <> 'reader')
),
chain AS (
  SELECT b.*, (SELECT max(printf('%020d,', a.eid) || a.sign) FROM signs AS a
      WHERE a.computer = b.computer AND a.eid < b.eid AND a.sign NOT IN (b.sign, 'reader') AND (a.path = b.path OR b.sign = 'logon')
        AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS earlier
  FROM (SELECT * FROM signs UNION ALL SELECT * FROM used) AS b
),
told AS (SELECT *, lag(time_ns) OVER (PARTITION BY computer ORDER BY eid) AS before FROM chain WHERE earlier IS NOT NULL)
SELECT eid, CAST(substr(earlier, 1, 20) AS INTEGER) || ',' || eid AS eids, coalesce(nullif(path, ''), 'a process')
    || ' comes between user and second factor (' || substr(earlier, 22) || ', ' || sign || '): ' || object AS summary,
  substr(earlier, 22) || ',' || sign AS signs, object
FROM told
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
