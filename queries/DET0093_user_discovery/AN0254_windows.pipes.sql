WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0254'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, target_name, target_name IN (SELECT value FROM t WHERE element = 'SessionPipes') AS lists
  FROM api_calls
  WHERE arguments_like = 'share=%IPC$%' AND api = 'ConnectNamedPipe' AND user NOT LIKE '%$'
),
paired AS (
  SELECT *, max(CASE lists WHEN 1 THEN eid END) OVER asker AS list_eid, max(CASE lists WHEN 0 THEN eid END) OVER asker AS other_eid,
    max(CASE lists WHEN 1 THEN time_ns END) OVER asker AS list_ns, max(CASE lists WHEN 0 THEN time_ns END) OVER asker AS other_ns
  FROM opened WHERE target_name IN (SELECT value FROM t WHERE element IN ('SessionPipes', 'AccountPipes'))
  WINDOW asker AS (PARTITION BY computer, lower(user) ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer ORDER BY eid) AS place FROM paired
  WHERE abs(list_ns - other_ns) <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
)
SELECT eid, min(list_eid, other_eid) || ',' || eid AS eids,
  user || ' asked ' || computer || ' over the network for sessions and accounts' AS summary,
  'pipes' AS how, target_name AS command
FROM told WHERE place = 1
