WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
redirected AS MATERIALIZED (
  SELECT eid, time_ns, api, process_key, path, target_process_key, target_path, rights, code_path FROM process_modifications
  WHERE api IN ('QueueUserAPC', 'SetThreadContext') AND is_self = 0 AND code_system_path = 0
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InjectorAllowlist' AND path LIKE value ESCAPE '\')
),
writes AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key FROM process_modifications
  WHERE api IN ('VirtualAllocEx', 'WriteProcessMemory', 'MapViewOfSection', 'VirtualProtectEx') AND is_self = 0 AND code_system_path = 0
    AND process_key IN (SELECT process_key FROM redirected) LIMIT -EXISTS (SELECT 1 FROM redirected)
),
pairs AS (
  SELECT r.*, max(w.eid) AS written, row_number() OVER (PARTITION BY r.process_key, r.target_process_key ORDER BY r.eid) AS place
  FROM redirected AS r JOIN writes AS w
    ON w.process_key = r.process_key AND w.target_process_key = r.target_process_key AND w.eid < r.eid
      AND r.time_ns - w.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY r.eid
)
SELECT eid, written || ',' || eid AS eids, path || ' wrote into ' || target_path || ' and redirected its thread by ' || api AS summary,
  'redirection' AS how, rights, code_path
FROM pairs WHERE place = 1
