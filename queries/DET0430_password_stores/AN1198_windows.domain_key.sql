WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, logon_id, user, arguments FROM api_calls
  WHERE api = 'DirectoryAccess' AND arguments_like IN (SELECT '% object=' || value FROM t WHERE element = 'SecretObjects')
    AND user NOT LIKE '%$'
),
again AS (
  SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), logon_id) ORDER BY eid) AS since
  FROM asked
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(user, ''), 'a process') || ' reads the key of the domain to all DPAPI keys: ' || arguments AS summary,
  'reads the key of the domain to all DPAPI keys' AS how, arguments AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
