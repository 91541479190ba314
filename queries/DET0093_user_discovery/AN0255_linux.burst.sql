WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0255'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'UserCommands')
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReaderCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'UserFiles')
),
told AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key, cmdline ORDER BY eid) AS nth, CASE
      WHEN EXISTS (SELECT 1 FROM t WHERE element = 'ServerPrograms' AND ancestry LIKE value ESCAPE '\') THEN 'below a server'
      WHEN tty = '' AND (user IN (SELECT value FROM t WHERE element = 'ServiceUsers')
        OR uid BETWEEN 1 AND (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SystemUsersUpTo')) THEN 'for a service'
      WHEN tty = '' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShellContext' AND parent_cmdline LIKE value ESCAPE '\')
        THEN 'in a shell without a terminal'
      WHEN EXISTS (SELECT 1 FROM t WHERE element = 'DroppedPrograms' AND parent_path || ' ' || parent_cmdline LIKE value ESCAPE '\')
        THEN 'for a dropped program' ELSE '' END AS context
  FROM asked
  WHERE parent_process_key <> '' AND user NOT IN (SELECT value FROM t WHERE element = 'OrdinaryUsers')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'CommandLineRegex' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
),
counted AS (
  SELECT b.*, count(*) AS commands
  FROM told AS b JOIN told AS a ON a.parent_process_key = b.parent_process_key AND a.eid <= b.eid AND a.nth = 1
  WHERE b.nth = 1 AND b.context = '' AND (b.tty = '' OR b.parent_cmdline <> '' AND NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'TypedShells' AND regex_match(b.parent_cmdline, value, 0) IS NOT NULL))
    AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM counted
  WHERE commands >= (SELECT CAST(value AS INTEGER) FROM t
    WHERE element = 'AccessFrequency')
)
SELECT eid, (SELECT group_concat(a.eid) FROM (
    SELECT eid FROM told
    WHERE parent_process_key = f.parent_process_key AND nth = 1 AND eid <= f.eid
      AND f.time_ns - time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    ORDER BY eid) AS a) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' asked for users in ' || commands || ' ways, at last: ' || cmdline AS summary,
  commands, context
FROM found AS f
WHERE place = 1
