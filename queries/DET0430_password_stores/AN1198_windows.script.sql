WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, coalesce(nullif(path, ''), nullif(user, ''), 'a process') AS actor,
    replace(substr(script_text, 1, 200), char(10), ' ') AS object
  FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'ScriptPatterns') AND +api IN ('ScriptBlock', 'AmsiScanBuffer')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
),
again AS ( -- some logs do not tell the process
  SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, process_key ORDER BY eid) AS since FROM scripts
)
SELECT eid, CAST(eid AS TEXT) AS eids, actor || ' runs a script that reads stored credentials: ' || object AS summary,
  'runs a script that reads stored credentials' AS how, object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
