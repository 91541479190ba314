WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0580'
),
commanded AS MATERIALIZED (
  SELECT eid, computer, process_key, path, cmdline FROM process_starts
  WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'WritingWords')
),
scripted AS MATERIALIZED (
  SELECT eid, computer, process_key, path, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'WritingWords')
),
said AS (
  SELECT eid, computer, process_key, path, 'was told to register a port monitor' AS did, cmdline AS words FROM commanded
  UNION ALL
  SELECT eid, computer, process_key, coalesce(nullif(path, ''), 'a script'), 'writes a port monitor', script_text FROM scripted
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, did ORDER BY eid) AS place FROM said
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'WritingWords' AND words LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, path || ' ' || did AS summary FROM ranked WHERE place = 1
