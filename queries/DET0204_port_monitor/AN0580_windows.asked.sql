WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0580'
),
asked AS (
  SELECT eid, path, asked_in, row_number() OVER (PARTITION BY computer, process_key, asked_in ORDER BY eid) AS place
  FROM registry_requests
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'MonitorKeys' AND key_path LIKE value ESCAPE '\') AND action IN ('create_key', 'set_value')
)
SELECT eid, eid AS eids,
  CASE asked_in WHEN 'script' THEN coalesce(nullif(path, ''), 'a script') || ' writes a port monitor'
    ELSE path || ' was told to register a port monitor' END AS summary
FROM asked
WHERE place = 1
