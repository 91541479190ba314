WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0903'),
hosts AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, row_number() OVER (
    PARTITION BY computer, process_key, regex_match(arguments, 'remote_address=([^ ]+)', 1) ORDER BY eid) AS nth
  FROM api_calls WHERE api = 'connect' AND arguments_like IN (SELECT value FROM t WHERE element = 'SharePorts') AND +name = 'System'
),
hunts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER process AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER process AS took
  FROM hosts WHERE nth = 1 WINDOW process AS (PARTITION BY computer, process_key ORDER BY eid)
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer ORDER BY eid) AS place FROM hunts
  WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'HuntSeconds')
)
SELECT eid, first_eid || ',' || eid AS eids, computer || ' asked many machines over SMB at once, as for their sessions' AS summary,
  'hunt' AS how, '' AS command
FROM hits WHERE place = 1
