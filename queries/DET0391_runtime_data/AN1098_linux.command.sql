WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1098'),
ran AS MATERIALIZED (
  SELECT eid, process_key, parent_path, parent_cmdline, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReplaceCommands') AND tty = ''
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'ReplaceTargets')
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM ran
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ReplaceWords' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'Installers' AND parent_path LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' had a program or library replaced: ' || cmdline AS summary,
  regex_match(cmdline, '[^ ]+$', 0) AS object, cmdline AS words
FROM first
WHERE place = 1
