WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-26'
),
protected AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, name FROM memory_protections WHERE is_rwx = 1 AND api = 'mprotect'
),
suspicious AS MATERIALIZED (
  SELECT * FROM protected WHERE name NOT IN (SELECT value FROM t WHERE element = 'NamesExcluded')
),
connected AS MATERIALIZED (
  SELECT eid, time_ns, process_key, remote_address, remote_port FROM network_flows
  WHERE process_key IN (SELECT process_key FROM suspicious) AND is_inbound = 0
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
both AS (
  SELECT eid, time_ns, process_key, path, '' AS remote_address, 0 AS remote_port, 1 AS protects FROM suspicious
  UNION ALL SELECT eid, time_ns, process_key, '', remote_address, remote_port, 0 FROM connected AS c
  WHERE remote_address <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AddressesExcluded'
    AND CASE WHEN instr(value, ':') = 0 AND instr(c.remote_address, ':') = 0 OR instr(value, ':') AND instr(c.remote_address, ':')
      THEN in_cidr_block(value, c.remote_address) ELSE 0 END)
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
