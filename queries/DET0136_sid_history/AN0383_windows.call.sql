WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0383'),
called AS MATERIALIZED (
  SELECT eid, computer, user, coalesce(nullif(process_key, ''), user) AS process FROM api_calls
  WHERE arguments_like = '%operation=%' AND api = 'drsuapi.IDL_DRSAddSidHistory'
),
told AS (SELECT *, row_number() OVER (PARTITION BY computer, process ORDER BY eid) AS place FROM called)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a call of ' || coalesce(nullif(user, ''), 'a user') || ' adds to a SID history' AS summary,
  'call' AS how, '' AS object, '' AS sid_added, 0 AS is_privileged
FROM told WHERE place = 1
