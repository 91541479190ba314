WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0903'),
asked AS MATERIALIZED (
  SELECT eid, computer, target_name, row_number() OVER (PARTITION BY computer ORDER BY eid) AS place FROM api_calls
  WHERE api = 'ConnectNamedPipe' AND object_name IN (SELECT lower(value) FROM t WHERE element = 'SessionPipes')
    AND (name = 'System' AND target_path = '\' || target_name OR target_path LIKE '%IPC$_' || target_name)
)
SELECT eid, eid AS eids, 'the server service of ' || computer || ' was asked from the network, as for its sessions' AS summary,
  'server' AS how, target_name AS command
FROM asked WHERE place = 1
