WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0903'),
scripts AS MATERIALIZED (
  SELECT eid, user, row_number() OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), lower(user)) ORDER BY eid) AS place
  FROM script_blocks WHERE +api = 'ScriptBlock'
    AND script_text_like IN (SELECT value FROM t WHERE element IN ('CommandPatternList', 'AskedPrograms'))
)
SELECT eid, eid AS eids, 'a script of ' || coalesce(nullif(user, ''), 'a user') || ' lists connections' AS summary, 'script' AS how,
  '' AS command
FROM scripts WHERE place = 1
