WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0254'),
asked AS MATERIALIZED (
  SELECT eid, computer, target_path FROM api_calls
  WHERE arguments_like IN (SELECT '%pipe=%' || value || '%' FROM t WHERE element = 'SessionPipes') AND api = 'ConnectNamedPipe'
    AND name IN (SELECT value FROM t WHERE element = 'SMBPrograms')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer ORDER BY eid) AS place FROM asked
  WHERE target_path IN (SELECT '\' || value FROM t WHERE element = 'SessionPipes')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  'the server or workstation service of ' || computer || ' was asked from the network, as for its sessions' AS summary,
  'server' AS how, target_path AS command
FROM told WHERE place = 1
