WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1561'),
run AS MATERIALIZED (
  SELECT eid, computer, parent_process_key, path, coalesce(nullif(parent_path, ''), 'a process') AS who, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'LanguageCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element IN ('LanguageKeywords', 'CodePageCommands'))
),
told AS (
  SELECT *, substr(cmdline, 1, 160) AS queries, row_number() OVER (PARTITION BY computer, parent_process_key ORDER BY eid) AS place FROM run
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeywords' AND cmdline LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'CodePageSyntax' AND regex_match(lower(cmdline), value, 0) IS NOT NULL))
    AND NOT EXISTS (SELECT 1 FROM t
      WHERE element = 'ParentProcessAllowList' AND (who LIKE value ESCAPE '\' OR path LIKE value ESCAPE '\'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, who || ' asked for the language of the system: ' || queries AS summary, queries
FROM told WHERE place = 1
