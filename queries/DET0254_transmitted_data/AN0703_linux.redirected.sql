WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0703'),
ran AS MATERIALIZED (
  SELECT eid, process_key, path, parent_path, parent_cmdline, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'RedirectCommands') AND tty = '' AND container_id = ''
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM ran
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'RedirectWords' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
)
SELECT eid, eid AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' led connections elsewhere: ' || cmdline AS summary,
  path AS object, cmdline AS words
FROM first
WHERE place = 1
