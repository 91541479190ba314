WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0254'),
scripts AS MATERIALIZED (
  SELECT eid, computer, user, path, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('LoggedOnQueries', 'IdentityQueries'))
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LoggedOnQueries' AND script_text LIKE value ESCAPE '\')
    OR length(script_text) < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FewWords')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IdentityChecks' AND script_text LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a script') || ' asks who is logged on' AS summary,
  'script' AS how, path AS command
FROM told WHERE place = 1
