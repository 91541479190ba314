WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0580'
),
registered AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, user, data, regex_match(key_path, '[Mm]onitors.([^\\]+).[^\\]+$', 1) AS monitor
  FROM registry_changes
  WHERE key_path LIKE '%\Control\Print\Monitors\%\%' AND action = 'set_value' AND (key_name = 'driver' OR data LIKE '%.dll')
),
foreign_change AS (
  SELECT eid FROM registered
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'AddMonitorCallContext' AND path LIKE value ESCAPE '\')
    OR user <> '' AND user NOT LIKE '%$' AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'UserContextScope')
    OR instr(data, '\') > 0 AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetDLLDirectory' AND data LIKE value ESCAPE '\')
),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, module_path, is_signed, signature_status FROM module_loads
  WHERE name IN (SELECT value FROM t WHERE element = 'SpoolerPrograms') LIMIT -EXISTS (SELECT 1 FROM registered)
),
ranked AS (
  SELECT l.*, r.eid AS change, r.monitor, row_number() OVER (PARTITION BY l.computer, l.process_key ORDER BY l.eid) AS place
  FROM loaded AS l JOIN registered AS r ON r.computer = l.computer AND r.eid < l.eid
    AND lower(l.module_path) LIKE '%\' || replace(replace(lower(regex_match(r.data, '[^\\]+$', 0)), '%', ''), '_', '%')
  WHERE l.time_ns - r.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND (l.is_signed = 0 OR l.signature_status NOT IN ('', 'Valid')
      OR 0 = (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SignedImageValidation'))
    AND r.eid NOT IN (SELECT eid FROM foreign_change)
)
SELECT eid, change || ',' || eid AS eids,
  path || ' loaded a module for the port monitor ' || monitor || ': ' || module_path AS summary, monitor, module_path AS library
FROM ranked
WHERE place = 1
