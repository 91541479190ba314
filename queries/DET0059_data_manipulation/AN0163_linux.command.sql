WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0163'),
named AS MATERIALIZED (
  SELECT eid, process_key, parent_path, parent_cmdline, cmdline, cmdline_like AS word FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'EditCommands') AND tty = ''
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'DataWords')
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM named
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ChangeWords' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
)
SELECT eid, eid AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' had a record changed: ' || cmdline AS summary,
  trim(word, '%') AS object, cmdline AS words
FROM first
WHERE place = 1
