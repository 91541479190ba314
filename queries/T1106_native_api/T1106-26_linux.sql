WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-26'
),
suspicious AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path FROM memory_protections WHERE is_rwx = 1 AND api = 'mprotect'
    AND name_unlike = (SELECT json_group_array(value) FROM t WHERE element = 'NamesExcluded')
),
connected AS MATERIALIZED (
  SELECT eid, time_ns, process_key, remote_address, remote_port FROM network_flows
  WHERE process_key IN (SELECT process_key FROM suspicious) AND is_inbound = 0
    AND remote_address_outside = (SELECT json_group_array(value) FROM t WHERE element = 'AddressesExcluded')
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
both AS (
  SELECT eid, time_ns, process_key, path, '' AS remote_address, 0 AS remote_port, 1 AS protects FROM suspicious
  UNION ALL SELECT eid, time_ns, process_key, '', remote_address, remote_port, 0 FROM connected
),
paired AS (
  SELECT *, max(CASE WHEN protects THEN eid END) OVER w AS protected_eid, max(CASE WHEN protects THEN time_ns END) OVER w AS protected_ns,
    max(CASE WHEN NOT protects THEN eid END) OVER w AS connected_eid, max(CASE WHEN NOT protects THEN time_ns END) OVER w AS connected_ns
  FROM both WINDOW w AS (PARTITION BY process_key ORDER BY eid)
),
complete AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM paired
  WHERE protected_eid > 0 AND connected_eid > 0
    AND abs(protected_ns - connected_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT c.eid, min(protected_eid, connected_eid) || ',' || max(protected_eid, connected_eid) AS eids,
  s.path || ' made memory writable and executable and connected to ' || n.remote_address || ':' || n.remote_port AS summary,
  n.remote_address, n.remote_port
FROM complete AS c JOIN suspicious AS s ON s.eid = c.protected_eid JOIN connected AS n ON n.eid = c.connected_eid
WHERE place = 1
