WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0580'
),
registered AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, user, data, regex_match(key_path, '[Mm]onitors.([^\\]+).[^\\]+$', 1) AS monitor
  FROM registry_changes
  WHERE key_path LIKE '%\Control\Print\Monitors\%\%' AND action = 'set_value' AND (key_name = 'driver' OR data LIKE '%.dll')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM registered
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'AddMonitorCallContext' AND path LIKE value ESCAPE '\')
    OR user <> '' AND user NOT LIKE '%$' AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'UserContextScope')
    OR instr(data, '\') > 0 AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TargetDLLDirectory' AND data LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, path || ' registered the port monitor ' || monitor || CASE data WHEN '' THEN '' ELSE ': ' || data END AS summary,
  monitor, data AS library
FROM ranked
WHERE place = 1
