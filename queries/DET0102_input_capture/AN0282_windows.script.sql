WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0282'),
prompts AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, replace(substr(script_text, 1, 200), char(10), ' ') AS object
  FROM script_blocks WHERE script_text_like IN (SELECT value FROM t WHERE element = 'PromptPatterns')
),
again AS ( -- some logs do not tell the process
  SELECT *, time_ns - lag(time_ns) OVER (PARTITION BY computer, process_key ORDER BY eid) AS since FROM prompts
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' asks for a password and takes it out in clear: ' || object AS summary,
  'asks for a password and takes it out in clear' AS how, object
FROM again WHERE since IS NULL OR abs(since) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
