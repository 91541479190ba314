-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0580'
),
registered AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, user, data, regex_match(key_path, '[Mm]onitors.([^\\]+).[^\\]+$', 1) AS monitor
  FROM registry_changes
  WHERE key_path LIKE '%\Control\Print\Monitors\%\%' AND action = 'set_value' AND (key_name = 'driver' OR data LIKE '%.dll')
),
commanded AS MATERIALIZED (
  SELECT eid, computer, process_key, path, cmdline FROM process_starts
  WHERE cmdline LIKE '%print%monitors%'
),
scripted AS MATERIALIZED (
  SELECT eid, computer, process_key, path, script_text FROM script_blocks
  WHERE script_text LIKE '%monitor%'
),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, module_path, is_signed, signature_status FROM module_loads
  WHERE name = 'spoolsv.exe' LIMIT -EXISTS (SELECT 1 FROM registered)
),
foreign_change AS (
  SELECT * FROM registered
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'AddMonitorCallContext' AND path LIKE value ESCAPE '\')
    OR user <> '' AND user NOT LIKE '%$' AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'UserContextScope')
    OR instr(data, '\') > 0 AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetDLLDirectory' AND data LIKE value ESCAPE '\')
),
acts AS (
  SELECT eid, eid AS eids, computer, process_key, path, monitor, data AS library, 'registered the port monitor ' || monitor AS did FROM foreign_change
  UNION ALL
  SELECT eid, eid, computer, process_key, path, '', '', 'was told to register a port monitor' FROM commanded
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'WritingWords' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer, process_key, coalesce(nullif(path, ''), 'a script'), '', '', 'writes a port monitor' FROM scripted
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'WritingWords' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT l.eid, r.eid || ',' || l.eid, l.computer, l.process_key, l.path, r.monitor, l.module_path, 'loaded a module for the port monitor ' || r.monitor
  FROM loaded AS l JOIN registered AS r ON r.computer = l.computer AND r.eid < l.eid
    AND lower(l.module_path) LIKE '%\' || replace(replace(lower(regex_match(r.data, '[^\\]+$', 0)), '%', ''), '_', '%')
  WHERE l.time_ns - r.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND (l.is_signed = 0 OR l.signature_status NOT IN ('', 'Valid') OR 0 = (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SignedImageValidation'))
    AND r.eid NOT IN (SELECT eid FROM foreign_change)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, did = 'writes a port monitor' ORDER BY eid) AS place FROM acts
)
SELECT eid, eids, path || ' ' || did || CASE library WHEN '' THEN '' ELSE ': ' || library END AS summary, monitor, library
FROM ranked
WHERE place = 1
