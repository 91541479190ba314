WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1561'
),
run AS MATERIALIZED (
  SELECT eid, computer, process_key, parent_process_key, path, parent_path, lower(name) AS name, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'LanguageCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element IN ('LanguageKeywords', 'CodePageCommands'))
),
scripted AS MATERIALIZED (
  SELECT eid, computer, pid, process_key, path, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'LanguageKeywords') AND +what IN ('block', 'pipeline', 'engine')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
called AS MATERIALIZED (
  SELECT eid, time, computer, process_key, path, target_path, api FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'LanguageCalls') AND system_path = 0
),
counted AS (
  SELECT *, lag(eid, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'QueryThreshold')) OVER w AS first_eid,
    lag(time, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'QueryThreshold')) OVER w AS since
  FROM called
  WHERE api <> 'RegOpenKeyEx' OR EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeys' AND target_path LIKE value ESCAPE '\')
  WINDOW w AS (PARTITION BY computer, process_key ORDER BY eid)
),
asked AS (
  SELECT eid, eid AS eids, computer, parent_process_key AS actor, coalesce(nullif(parent_path, ''), 'a process') AS who,
    substr(cmdline, 1, 160) AS queries, path
  FROM run
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeywords' AND cmdline LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'CodePageSyntax' AND regex_match(lower(cmdline), value, 0) IS NOT NULL)
  UNION ALL
  SELECT eid, eid, computer, coalesce(nullif(process_key, ''), pid), coalesce(nullif(path, ''), 'a script'), 'script', '' FROM scripted
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeywords' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, CASE first_eid WHEN eid THEN eid ELSE first_eid || ',' || eid END, computer, process_key, path,
    CASE api WHEN 'RegOpenKeyEx' THEN target_path ELSE api END, path
  FROM counted
  WHERE time - since <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM asked
  WHERE NOT EXISTS (SELECT 1 FROM t
    WHERE element = 'ParentProcessAllowList' AND (who LIKE value ESCAPE '\' OR path LIKE value ESCAPE '\'))
)
SELECT eid, eids, who || ' asked for the language of the system: ' || queries AS summary, queries
FROM ranked
WHERE place = 1
