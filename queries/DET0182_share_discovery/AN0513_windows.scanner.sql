WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
scanners AS MATERIALIZED (
  SELECT eid, path, description, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM process_starts
  WHERE description_like IN (SELECT value FROM t WHERE element = 'ScannerDescriptions')
    AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
)
SELECT eid, eid AS eids, path || ' says of itself: ' || description AS summary, 'scanner' AS how, path AS command
FROM scanners WHERE place = 1
