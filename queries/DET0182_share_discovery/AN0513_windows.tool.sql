WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
told AS MATERIALIZED (
  SELECT eid, user, cmdline, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM process_starts
  WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'AskedPrograms')
    AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
)
SELECT eid, eid AS eids, coalesce(nullif(user, ''), 'a user') || ' listed shares: ' || substr(cmdline, 1, 160) AS summary, 'command' AS how,
  cmdline AS command
FROM told WHERE place = 1
