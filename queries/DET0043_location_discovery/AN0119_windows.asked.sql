WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0119'
),
run AS MATERIALIZED (
  SELECT eid, time_ns, computer, parent_process_key AS actor, coalesce(nullif(parent_path, ''), 'a process') AS who, path, cmdline AS words
  FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'LocationCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element IN ('HintKeywords', 'LocationKeywords'))
),
scripted AS MATERIALIZED (
  SELECT eid, time_ns, computer, coalesce(nullif(process_key, ''), pid), coalesce(nullif(path, ''), 'a script'), '', script_text
  FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('HintKeywords', 'LocationKeywords'))
    AND +what IN ('block', 'pipeline', 'engine')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
said AS (
  SELECT * FROM run UNION ALL SELECT * FROM scripted
),
hints AS (
  SELECT s.*, k.value AS hint, row_number() OVER (PARTITION BY s.computer, s.actor, k.value ORDER BY s.eid) AS nth
  FROM said AS s JOIN t AS k ON k.element = 'HintKeywords' AND s.words LIKE k.value ESCAPE '\'
),
together AS (
  SELECT *, lag(eid, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctWays')) OVER w AS first_eid,
    lag(time_ns, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctWays')) OVER w AS since_ns
  FROM hints WHERE nth = 1
  WINDOW w AS (PARTITION BY computer, actor ORDER BY eid, hint)
),
asked AS (
  SELECT eid, eid AS eids, computer, actor, who, path, substr(words, 1, 120) AS how FROM said
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LocationKeywords' AND words LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, CASE WHEN first_eid < eid THEN first_eid || ',' || eid ELSE eid END, computer, actor, who, path,
    'locale, time zone or keyboard in several ways'
  FROM together
  WHERE time_ns - since_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM asked
  WHERE NOT EXISTS (SELECT 1 FROM t
    WHERE element = 'ParentProcessAllowList' AND (who LIKE value ESCAPE '\' OR path LIKE value ESCAPE '\'))
)
SELECT eid, eids, who || ' asked where it is: ' || how AS summary, how FROM ranked WHERE place = 1
