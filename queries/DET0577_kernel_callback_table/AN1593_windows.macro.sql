WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1593'),
opened AS MATERIALIZED (
  SELECT eid, api, rights, code_path, process_key, path, target_process_key, target_path FROM process_modifications
  WHERE target_name IN (SELECT lower(value) FROM t WHERE element = 'MonitoredProcesses') AND is_self = 0
    AND EXISTS (SELECT 1 FROM t WHERE element = 'MacroCode' AND code_path LIKE value ESCAPE '\')
    AND (api = 'WriteProcessMemory'
      OR api_frames <= 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'AccessMaskThresholds' AND rights LIKE value ESCAPE '\'))
),
told AS (SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM opened)
SELECT eid, CAST(eid AS TEXT) AS eids, 'A macro of ' || path || ' may read and write the memory of ' || target_path AS summary,
  api AS how, rights, code_path
FROM told WHERE place = 1
