WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
tried AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, logon_id, row_number() OVER (
    PARTITION BY computer, logon_id, lower(target_path) ORDER BY eid) AS nth
  FROM api_calls WHERE api = 'NetShareConnect' AND logon_id <> ''
    AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
),
bursts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'BurstHostThreshold')) OVER session AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'BurstHostThreshold')) OVER session AS took
  FROM tried WHERE nth = 1 WINDOW session AS (PARTITION BY computer, logon_id ORDER BY eid)
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM bursts
  WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds')
)
SELECT eid, first_eid || ',' || eid AS eids, user || ' tried many shares of ' || computer AS summary, 'shares' AS how, '' AS command
FROM hits WHERE place = 1
