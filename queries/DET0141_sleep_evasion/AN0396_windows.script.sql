WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0396'),
slept AS MATERIALIZED (
  SELECT eid, coalesce(nullif(process_key, ''), nullif(block_id, ''), eid) AS waiter, coalesce(nullif(path, ''), 'a script') AS path,
    lower(script_text) AS words
  FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('UptimeScripts', 'ScriptStages', 'SleepCalls'))
    AND length(script_text) < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LongScript')
    AND +what IN ('block', 'pipeline', 'engine')
),
timed AS (
  SELECT *, coalesce((SELECT max(CAST(regex_match(words, value, 1) AS INTEGER)
      * CASE element WHEN 'ScriptSecondsSyntax' THEN 1000 ELSE 1 END)
    FROM t WHERE element IN ('ScriptSecondsSyntax', 'ScriptMillisecondsSyntax')), 0) AS ms FROM slept
),
told AS (
  SELECT *, 'a script that waits or looks how long the system runs: ' || replace(substr(words, 1, 120), char(10), ' ') AS stage,
    row_number() OVER (PARTITION BY waiter ORDER BY eid) AS place
  FROM timed
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'UptimeScripts' AND words LIKE value ESCAPE '\')
    OR ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LoneSleep')
      AND length(words) < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ShortScript')
    OR ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ScriptDelay')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ScriptStages' AND words LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' goes on after a delay of ' || (ms / 1000) || ' s: ' || stage AS summary,
  ms / 1000 AS delay_seconds, stage AS next_stage
FROM told WHERE place = 1
