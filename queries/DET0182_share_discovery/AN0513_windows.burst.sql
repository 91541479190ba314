WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
connected AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, row_number() OVER (
    PARTITION BY computer, process_key, regex_match(arguments, 'remote_address=([^ ]+)', 1) ORDER BY eid) AS nth
  FROM api_calls WHERE api = 'connect' AND arguments_like IN (SELECT value FROM t WHERE element = 'SharePorts')
),
bursts AS MATERIALIZED (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'BurstHostThreshold')) OVER process AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'BurstHostThreshold')) OVER process AS took
  FROM connected WHERE nth = 1 WINDOW process AS (PARTITION BY computer, process_key ORDER BY eid)
),
commands AS MATERIALIZED (
  SELECT eid, time_ns, computer, coalesce(nullif(cmdline, ''), path) AS command FROM api_calls
  WHERE api IN ('CreateProcess', 'ScriptBlock', 'srvsvc.NetrShareEnum', 'srvsvc.NetrShareEnumSticky')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t
      WHERE element IN ('ShareQueries', 'ShareFunctions', 'AskedPrograms') UNION SELECT 'operation=srvsvc.%')
  LIMIT -EXISTS (SELECT 1 FROM bursts WHERE took IS NOT NULL)
),
followed AS (
  SELECT b.*, (SELECT max(c.eid) FROM commands AS c WHERE c.computer = b.computer AND c.eid < b.eid
    AND b.time_ns - c.time_ns <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')) AS command_eid
  FROM bursts AS b WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
),
hits AS (
  SELECT f.*, coalesce(c.command, '') AS command, row_number() OVER (PARTITION BY f.computer ORDER BY f.eid) AS place
  FROM followed AS f LEFT JOIN commands AS c ON c.eid = f.command_eid
  WHERE c.eid IS NOT NULL OR f.took <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds')
)
SELECT eid, coalesce(command_eid || ',', '') || first_eid || ',' || eid AS eids,
  computer || ' connected over SMB to many machines' || coalesce(' after ' || nullif(command, ''), '') AS summary, 'burst' AS how, command
FROM hits WHERE place = 1
