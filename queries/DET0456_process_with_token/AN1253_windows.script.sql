WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1253'),
scripts AS MATERIALIZED (
  SELECT eid, computer, coalesce(nullif(process_key, ''), user) AS process, user, arguments FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element IN ('TokenFunctions', 'CredentialStarts'))
    AND api IN ('ScriptBlock', 'AmsiScanBuffer')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process ORDER BY eid) AS place FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'TokenFunctions' AND arguments LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'CredentialSyntax' AND regex_match(lower(arguments), value, 0) IS NOT NULL)
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  'a script of ' || coalesce(nullif(user, ''), 'a user') || ' calls functions that start a process with another token' AS summary,
  'script' AS how, user AS from_user, '' AS to_user, '' AS opened
FROM told WHERE place = 1
