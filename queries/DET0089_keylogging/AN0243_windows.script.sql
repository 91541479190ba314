WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0243'),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'KeyPatterns') AND +api IN ('ScriptBlock', 'AmsiScanBuffer')
),
again AS ( -- some logs do not tell the process
  SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, process_key ORDER BY eid) AS since FROM scripts
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' asks which keys are down or hooks them: a script' AS summary,
  'asks which keys are down or hooks them' AS how, 'a script' AS object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
