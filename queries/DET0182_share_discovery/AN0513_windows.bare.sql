WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
started AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, path, parent_path, parent_process_key FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'BarePrograms') AND cmdline = ''
    AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ForeignFolders' AND parent_path LIKE value ESCAPE '\')
),
repeated AS (
  SELECT *, time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'BareCommands')) OVER starter AS took FROM started
  WINDOW starter AS (PARTITION BY computer, parent_process_key ORDER BY eid)
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM repeated
  WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds')
)
SELECT eid, eid AS eids, parent_path || ' started ' || path || ' again and again, as for shares' AS summary, 'bare' AS how,
  parent_path AS command
FROM first WHERE place = 1
