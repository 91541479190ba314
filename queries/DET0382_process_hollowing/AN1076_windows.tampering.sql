WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1076'),
replaced AS MATERIALIZED (
  SELECT eid, process_key, path, rights, substr(arguments, 6) AS kind FROM process_modifications
  WHERE api = 'ProcessTampering' AND code_system_path = 0 AND is_self = 0
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM replaced
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'TamperingAllowlist' AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'The image of ' || path || ' in memory is not its file (' || kind || ')' AS summary,
  'tampering' AS how, rights
FROM told WHERE place = 1
