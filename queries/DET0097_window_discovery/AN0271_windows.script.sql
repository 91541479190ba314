WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0271'
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, replace(substr(script_text, 1, 200), char(10), ' ') AS object, path, user, process_key, computer
  FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'AccessedFunction')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS before FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'AccessedFunction' AND script_text LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' asks for windows in a script: ' || object AS summary,
  object
FROM ordered
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'RepeatAfter')
