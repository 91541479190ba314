WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1501'
),
rolled AS MATERIALIZED (
  SELECT eid, process_key, path, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS nth
  FROM api_calls WHERE api = 'NtRollbackTransaction' AND system_path = 0
)
SELECT eid, eid AS eids, path || ' rolled back a transaction of the file system' AS summary, path AS code_path
FROM rolled
WHERE nth = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'TxF API Call Frequency Threshold')
  AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TransactionAllowlist' AND path LIKE value ESCAPE '\')
