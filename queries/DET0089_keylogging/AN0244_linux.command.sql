WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0244'),
named AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, parent_path, parent_cmdline, cmdline, cmdline_like AS word FROM process_starts
  WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'RecorderWords') AND tty = ''
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM named AS n
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM named AS p WHERE p.process_key = n.parent_process_key AND p.eid < n.eid)
)
SELECT eid, eid AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' had keys recorded: ' || cmdline AS summary,
  trim(word, '%') AS object, cmdline AS words
FROM first
WHERE place = 1
