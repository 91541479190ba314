WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0622'),
strange AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_path,
    lower(coalesce(nullif(regex_match(cmdline, '"([^"]+[.][Mm][Ss][Cc])', 1), ''),
      regex_match(cmdline, '([^ "]+[.][Mm][Ss][Cc])', 1))) AS console
  FROM process_starts WHERE name IN (SELECT value FROM t WHERE element = 'ConsoleProgram') AND parent_path <> ''
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessAllowList' AND parent_path LIKE value ESCAPE '\')
),
spoke AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, remote_address FROM network_flows
  WHERE process_key IN (SELECT process_key FROM strange) AND is_inbound = 0
    AND remote_address_outside = (SELECT json_group_array(value) FROM t WHERE element = 'ExternalIPAllowlist')
  LIMIT -EXISTS (SELECT 1 FROM strange)
),
told AS (
  SELECT n.*, s.eid AS start_eid, s.parent_path, s.console, row_number() OVER (PARTITION BY computer, n.process_key ORDER BY n.eid) AS place
  FROM spoke AS n JOIN strange AS s ON s.process_key = n.process_key AND s.eid < n.eid
  WHERE n.time_ns - s.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, start_eid || ',' || eid AS eids, path || ' started by ' || parent_path || ' spoke to ' || remote_address AS summary,
  coalesce(console, '') AS console_file, '' AS module
FROM told WHERE place = 1
