WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1562'
),
asked AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, cmdline, user, tty FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'LanguageCommands') AND parent_process_key <> ''
),
viewed AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, cmdline, user, tty FROM process_starts
  WHERE parent_process_key IN (SELECT parent_process_key FROM asked)
    AND EXISTS (SELECT 1 FROM t WHERE element = 'LanguageLooks' AND regex_match(cmdline, value, 0) IS NOT NULL)
  LIMIT -EXISTS (SELECT 1 FROM asked)
),
both AS (
  SELECT * FROM asked UNION SELECT * FROM viewed
),
parents AS MATERIALIZED (
  SELECT parent_process_key FROM both
  WHERE user NOT IN (SELECT value FROM t WHERE element = 'UserContext')
  GROUP BY parent_process_key
  HAVING count(DISTINCT cmdline) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctCommands')
),
counted AS (
  SELECT b.*, (
      SELECT count(DISTINCT a.cmdline) FROM both AS a
      WHERE a.parent_process_key = b.parent_process_key AND a.eid <= b.eid
        AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    ) AS commands
  FROM both AS b
  WHERE b.parent_process_key IN (SELECT parent_process_key FROM parents)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM counted
  WHERE commands >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctCommands')
)
SELECT eid, (SELECT group_concat(a.eid) FROM (
    SELECT eid FROM both
    WHERE parent_process_key = r.parent_process_key AND eid <= r.eid
      AND r.time_ns - time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    ORDER BY eid) AS a) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' ran ' || commands
    || iif(commands = 1, ' command that tells', ' different commands that tell') || ' the language' AS summary,
  commands
FROM ranked AS r
WHERE place = 1
