WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0514'),
tools AS MATERIALIZED (
  SELECT eid, process_key, cmdline, parent_path FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ShareTools') AND parent_process_key <> ''
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ShareCommands' AND regex_match(cmdline, value, 0) IS NOT NULL)
),
asked AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, path, name, computer, remote_address FROM network_flows
  WHERE remote_port IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SharePorts')
    AND remote_address_outside = (SELECT json_group_array(value) FROM t WHERE element = 'AddressesExcluded')
    AND process_key <> '' AND is_inbound = 0
    AND process_key IN (SELECT process_key FROM tools)
    AND computer NOT IN (SELECT value FROM t WHERE element = 'ApprovedInventoryHosts')
    AND local_address NOT IN (SELECT value FROM t WHERE element = 'ApprovedInventoryHosts')
  LIMIT -EXISTS (SELECT 1 FROM tools)
),
told AS MATERIALIZED (
  SELECT a.*, s.eid AS started, s.cmdline, s.parent_path, row_number() OVER (PARTITION BY a.process_key ORDER BY a.eid) AS nth,
    row_number() OVER (PARTITION BY a.parent_process_key, a.remote_address ORDER BY a.eid) AS nth_of_host
  FROM asked AS a JOIN tools AS s ON s.process_key = a.process_key AND s.eid < a.eid
),
counted AS (
  SELECT b.*, count(*) AS hosts
  FROM told AS b JOIN told AS a ON a.parent_process_key = b.parent_process_key AND a.eid <= b.eid AND a.nth = 1 AND a.nth_of_host = 1
  WHERE b.nth = 1 AND b.nth_of_host = 1
    AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM counted
  WHERE hosts >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'BurstHostThreshold')
)
SELECT eid, (SELECT group_concat(a.eid) FROM (
    SELECT eid FROM told WHERE parent_process_key = f.parent_process_key AND nth = 1 AND nth_of_host = 1 AND eid <= f.eid
      AND f.time_ns - time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    UNION SELECT f.started ORDER BY 1) AS a) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' listed the shares of ' || hosts || ' hosts, at last: ' || cmdline AS summary, hosts
FROM found AS f
WHERE place = 1
