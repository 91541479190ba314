-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0702'
),
taken AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, remote_address, local_port FROM network_flows
  WHERE is_inbound = 1 AND system_path = 0 AND +local_port IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MonitoredPorts')
    AND path LIKE '%\%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IntegrityBaseline' AND path LIKE value ESCAPE '\')
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, local_address, remote_address, remote_port FROM network_flows
  WHERE process_key IN (SELECT process_key FROM taken) AND is_inbound = 0 AND family <> ''
  LIMIT -EXISTS (SELECT 1 FROM taken)
),
clips AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, process_key, path, user, arguments FROM api_calls WHERE api IN ('SetClipboardData', 'ScriptBlock', 'AmsiScanBuffer')
    AND arguments_like IN (SELECT '%script=' || value FROM t WHERE element = 'ClipboardScripts' UNION SELECT '%ClientInfo=%')
),
replaced AS (
  SELECT *, row_number() OVER own AS nth, lag(eid) OVER own AS first_eid, time_ns - lag(time_ns) OVER own AS since FROM (
    SELECT *, lag(path) OVER w AS other, time_ns - lag(time_ns) OVER w AS gap FROM clips WHERE api = 'SetClipboardData' WINDOW w AS (PARTITION BY computer ORDER BY eid))
  WHERE path LIKE '%\%' AND lower(other) <> lower(path) AND gap <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ReplaceSeconds')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ClipboardKeepers' AND path LIKE value ESCAPE '\') WINDOW own AS (PARTITION BY computer, process_key ORDER BY eid)
),
swapped AS (
  SELECT eid, first_eid || ',' || eid AS eids, process_key, path, computer || '|' || process_key AS actor, 'replaces what others put on the clipboard' AS did FROM replaced
  WHERE since <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, CAST(eid AS TEXT), process_key, coalesce(nullif(path, ''), 'a script'), computer || '|' || coalesce(nullif(process_key, ''), user), 'replaces addresses on the clipboard in a script' FROM clips
  WHERE api <> 'SetClipboardData' AND length(arguments) < 32768 AND EXISTS (SELECT 1 FROM t WHERE element = 'AddressMarks' AND arguments LIKE value ESCAPE '\')
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
UNION ALL
SELECT eid, eids, path || ' ' || did, '', '', 0 FROM (SELECT *, row_number() OVER (PARTITION BY actor ORDER BY eid) AS place FROM swapped) WHERE place = 1
