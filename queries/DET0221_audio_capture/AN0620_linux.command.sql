WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0620'),
named AS MATERIALIZED (
  SELECT eid, process_key, path, parent_path, parent_cmdline, user, cmdline, cmdline_like AS word FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ExecutableName') AND tty = ''
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'RecordWords')
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM named
  WHERE user NOT IN (SELECT value FROM t WHERE element = 'UserContext')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
    AND EXISTS (SELECT 1 FROM t WHERE element = 'KeptWords' AND regex_match(cmdline, value, 0) IS NOT NULL)
)
SELECT eid, eid AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' had sound recorded: ' || cmdline AS summary,
  trim(word, '% ') AS object, cmdline AS words
FROM first
WHERE place = 1
