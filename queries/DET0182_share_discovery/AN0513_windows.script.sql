WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
scripts AS MATERIALIZED (
  SELECT eid, computer, user, path, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT '%' || value || '%' FROM t WHERE element IN ('ShareFunctions', 'ShareSweeps')) AND +api = 'ScriptBlock'
    AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
),
listing AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ShareFunctions' AND 'script=' || script_text LIKE value ESCAPE '\')
    OR length(script_text) < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LongScript')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ShareSweeps' AND script_text LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SweepUses' AND script_text LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, 'a script of ' || coalesce(nullif(user, ''), 'a user') || ' lists shares' AS summary, 'script' AS how,
  path AS command
FROM listing WHERE place = 1
