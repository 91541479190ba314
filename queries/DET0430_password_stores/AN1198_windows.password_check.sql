WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
checks AS MATERIALIZED (
  SELECT eid, time_ns, path, object_name, success, lag(success) OVER process AS last, time_ns - lag(time_ns) OVER process AS since
  FROM api_calls
  WHERE object_name IN (SELECT value FROM t WHERE element = 'PasswordPrompts') AND api = 'LsaLogonUser'
  WINDOW process AS (PARTITION BY computer, process_key ORDER BY eid)
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' checks the user''s password again after a wrong one: ' || object_name AS summary,
  'checks the user''s password again after a wrong one' AS how, object_name AS object
FROM checks
WHERE success = 1 AND last = 0 AND since <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
