WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1324'),
scripts AS MATERIALIZED (
  SELECT eid, computer, process_key, user, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'TokenFunctions')
),
commands AS MATERIALIZED (
  SELECT eid, computer, process_key, user, cmdline FROM api_calls
  WHERE arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'TokenFunctions') AND api = 'CreateProcess'
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, user ORDER BY eid) AS place
  FROM (SELECT * FROM scripts UNION ALL SELECT * FROM commands)
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'TokenFunctions' AND script_text LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  'a script of ' || coalesce(nullif(user, ''), 'a user') || ' calls functions that duplicate or assign tokens' AS summary,
  'script' AS how, '' AS pipe, user AS from_user
FROM told WHERE place = 1
