WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0838'),
opened AS MATERIALIZED (
  SELECT eid, process_key, path, parent_path, target_path, call_trace, arguments || '<' || path AS request FROM process_modifications
  WHERE code_path = 'UNKNOWN' AND code_system_path = 0 AND is_self = 0 AND api NOT IN ('CreateRemoteThread', 'ProcessTampering')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM opened
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ManagedCode' AND call_trace LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryRequests' AND request LIKE value ESCAPE '\')
    AND NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'ParentProcessWhitelist' AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\')
    )
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'Code of ' || path || ' that lies in no module opened ' || target_path AS summary,
  'unbacked_caller' AS how, call_trace AS evidence
FROM told WHERE place = 1
