WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, logon_id, coalesce(nullif(path, ''), nullif(user, ''), 'a process') AS actor, target_path
  FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'StoreFiles') AND api IN ('CreateFile', 'ConnectNamedPipe')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'BrowserFiles' AND target_path LIKE value ESCAPE '\')
      OR lower(object_name) IN (SELECT lower(value) FROM t WHERE element = 'CopiedFiles'))
),
again AS ( -- who comes from the network has no process here
  SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), logon_id) ORDER BY eid) AS since
  FROM opened
)
SELECT eid, CAST(eid AS TEXT) AS eids, actor || ' opens a store of credentials: ' || target_path AS summary,
  'opens a store of credentials' AS how, target_path AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
