WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
asked AS MATERIALIZED (
  SELECT eid, computer, target_path, row_number() OVER (PARTITION BY computer ORDER BY eid) AS place FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'SharePipes') AND api = 'ConnectNamedPipe'
    AND target_name NOT IN (SELECT value FROM t WHERE element = 'PipeNameAllowList')
    AND (name = 'System' AND target_path = '\' || target_name OR target_path LIKE '%\IPC$\%')
)
SELECT eid, eid AS eids, 'the server service of ' || computer || ' was asked from the network, as for its shares' AS summary,
  'server' AS how, target_path AS command
FROM asked WHERE place = 1
