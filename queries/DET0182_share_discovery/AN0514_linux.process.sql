WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0514'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, path, name, computer, remote_address FROM network_flows
  WHERE remote_port IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SharePorts')
    AND remote_address_outside = (SELECT json_group_array(value) FROM t WHERE element = 'AddressesExcluded')
    AND process_key <> '' AND is_inbound = 0
    AND name NOT IN (SELECT value FROM t WHERE element = 'AllowedPrograms')
    AND computer NOT IN (SELECT value FROM t WHERE element = 'ApprovedInventoryHosts')
    AND local_address NOT IN (SELECT value FROM t WHERE element = 'ApprovedInventoryHosts')
),
told AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY process_key, remote_address ORDER BY eid) AS nth FROM asked
),
counted AS (
  SELECT b.*, count(*) AS hosts
  FROM told AS b JOIN told AS a ON a.process_key = b.process_key AND a.eid <= b.eid AND a.nth = 1
  WHERE b.nth = 1 AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM counted
  WHERE hosts >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'BurstHostThreshold')
)
SELECT eid, (SELECT group_concat(a.eid) FROM (
    SELECT eid FROM told WHERE process_key = f.process_key AND nth = 1 AND eid <= f.eid
      AND f.time_ns - time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
      ORDER BY eid) AS a) AS eids,
  path || ' asked ' || hosts || ' hosts for shares, at last ' || remote_address AS summary, hosts
FROM found AS f
WHERE place = 1
