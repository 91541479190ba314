WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0383'),
scripts AS MATERIALIZED (
  SELECT eid, computer, process_key, user, script_text AS said, 'script' AS how FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'SIDHistoryFunctions')
),
commands AS MATERIALIZED (
  SELECT eid, computer, process_key, user, cmdline, 'command' FROM api_calls
  WHERE arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'SIDHistoryFunctions') AND api = 'CreateProcess'
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS place
  FROM (SELECT * FROM scripts UNION ALL SELECT * FROM commands)
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'SIDHistoryFunctions' AND said LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a ' || how || ' of ' || coalesce(nullif(user, ''), 'a user') || ' adds to a SID history' AS summary,
  how, '' AS object, '' AS sid_added, 0 AS is_privileged
FROM told WHERE place = 1
