WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, logon_id, user, arguments, row_number() OVER (
    PARTITION BY computer, user, substr(arguments, 1, instr(arguments, ' attribute=')) ORDER BY eid) AS again
  FROM api_calls WHERE api = 'DirectoryAccess' AND user NOT LIKE '%$'
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'SecretAttributes')
),
counted AS (SELECT *, row_number() OVER (PARTITION BY computer, user ORDER BY eid) AS objects FROM asked WHERE again = 1),
many AS (
  SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), logon_id) ORDER BY eid) AS since
  FROM counted
  WHERE objects >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctObjects')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(user, ''), 'a process') || ' reads the DPAPI keys of several users: ' || arguments AS summary,
  'reads the DPAPI keys of several users' AS how, arguments AS object
FROM many WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
