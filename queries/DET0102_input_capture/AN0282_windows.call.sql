WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0282'),
called AS MATERIALIZED (
  SELECT eid, api, path, arguments FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls')
    AND arguments_like IN (SELECT value FROM t WHERE element = 'InputArguments')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' calls ' || api || ': ' || arguments AS summary,
  'calls ' || api AS how, arguments AS object
FROM called
