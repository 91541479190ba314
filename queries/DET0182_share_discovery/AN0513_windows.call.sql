WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
called AS MATERIALIZED (
  SELECT eid, path, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM api_calls
  WHERE api IN ('srvsvc.NetrShareEnum', 'srvsvc.NetrShareEnumSticky')
    AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
)
SELECT eid, eid AS eids, coalesce(nullif(path, ''), 'a process') || ' lists shares' AS summary, 'call' AS how, path AS command
FROM called WHERE place = 1
