WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1561'),
scripted AS MATERIALIZED (
  SELECT eid, computer, coalesce(nullif(process_key, ''), pid) AS actor, coalesce(nullif(path, ''), 'a script') AS who, script_text
  FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'LanguageKeywords') AND +what IN ('block', 'pipeline', 'engine')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM scripted
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeywords' AND script_text LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessAllowList' AND who LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, who || ' asked for the language of the system: script' AS summary, 'script' AS queries
FROM told WHERE place = 1
