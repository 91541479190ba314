WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0702'
),
taken AS MATERIALIZED (
  SELECT eid, time_ns, process_key, remote_address, local_port FROM network_flows
  WHERE is_inbound = 1 AND system_path = 0 AND +local_port IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MonitoredPorts')
    AND path LIKE '%\%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IntegrityBaseline' AND path LIKE value ESCAPE '\')
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, local_address, remote_address, remote_port FROM network_flows
  WHERE process_key IN (SELECT process_key FROM taken) AND is_inbound = 0 AND family <> ''
  LIMIT -EXISTS (SELECT 1 FROM taken)
),
both AS (
  SELECT eid, time_ns, process_key, NULL AS path, '' AS own, remote_address AS other, local_port AS port, 1 AS inbound FROM taken
  UNION ALL
  SELECT eid, time_ns, process_key, path, local_address, remote_address, remote_port, 0 FROM opened
  WHERE remote_port IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MonitoredPorts')
),
paired AS (
  SELECT *, max(CASE inbound WHEN 1 THEN eid END) OVER w AS taken_eid FROM both
  WINDOW w AS (PARTITION BY process_key ORDER BY eid)
),
ranked AS (
  SELECT p.*, k.remote_address AS client, row_number() OVER (PARTITION BY p.process_key ORDER BY p.eid) AS place
  FROM paired AS p JOIN taken AS k ON k.eid = p.taken_eid
  WHERE p.inbound = 0 AND k.remote_address NOT IN (p.other, p.own)
    AND p.time_ns - k.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, taken_eid || ',' || eid AS eids, path || ' stands between ' || client || ' and ' || other || ' port ' || port AS summary,
  client, other AS server, port
FROM ranked
WHERE place = 1
