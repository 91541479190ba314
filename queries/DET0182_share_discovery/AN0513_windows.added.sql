WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
added AS MATERIALIZED (
  SELECT eid, api, computer, user, target_path, arguments FROM api_calls WHERE api IN ('NetShareAdd', 'RegSetValueEx')
    AND arguments_like IN (SELECT value FROM t WHERE element = 'ShareKeys' UNION SELECT '%ShareName=%')
    AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM added
  WHERE api = 'NetShareAdd' OR target_path LIKE '%\LanmanServer\Shares\%' AND target_path NOT LIKE '%\Shares\Security\%'
)
SELECT eid, eid AS eids,
  'a share was made on ' || computer || ': ' || coalesce(regex_match(arguments, 'ShareName=([^ ]+)', 1), target_path) AS summary,
  'added' AS how, target_path AS command
FROM first WHERE place = 1
