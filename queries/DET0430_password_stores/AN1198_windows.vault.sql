WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, logon_id, coalesce(nullif(path, ''), nullif(user, ''), 'a process') AS actor,
    coalesce(nullif(target_path, ''), 'all') AS object
  FROM api_calls WHERE api IN (SELECT value FROM t WHERE element = 'StoreCalls') AND arguments NOT LIKE '%CredentialsReturned=0%'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryItems' AND target_path LIKE value ESCAPE '\')
    AND (system_path = 0 AND (path <> '' OR user NOT LIKE '%$') OR name IN (SELECT value FROM t WHERE element = 'VaultReaders'))
),
again AS (
  SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), logon_id) ORDER BY eid) AS since
  FROM asked
)
SELECT eid, CAST(eid AS TEXT) AS eids, actor || ' reads the Vault: ' || object AS summary, 'reads the Vault' AS how, object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
