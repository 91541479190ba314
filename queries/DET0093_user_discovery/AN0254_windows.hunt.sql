WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0254'),
connected AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, regex_match(arguments, 'remote_address=([^ ]+)', 1) AS host FROM api_calls
  WHERE arguments_like IN (SELECT '%remote_port=' || value || ' %' FROM t WHERE element = 'SMBPorts') AND api = 'connect'
    AND name IN (SELECT value FROM t WHERE element = 'SMBPrograms')
),
hosts AS (SELECT *, row_number() OVER (PARTITION BY computer, process_key, host ORDER BY eid) AS nth FROM connected),
hunts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS took
  FROM hosts WHERE nth = 1 WINDOW machine AS (PARTITION BY computer, process_key ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer ORDER BY eid) AS place FROM hunts
  WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'HuntSeconds')
)
SELECT eid, first_eid || ',' || eid AS eids, computer || ' asked many machines over SMB at once' AS summary, 'hunt' AS how, '' AS command
FROM told WHERE place = 1
