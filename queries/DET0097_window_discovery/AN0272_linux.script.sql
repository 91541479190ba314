WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0272'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline, name FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ExecutableName')
),
told AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key, cmdline ORDER BY eid) AS nth FROM asked
  WHERE parent_process_key <> '' AND user NOT IN (SELECT value FROM t WHERE element IN ('OrdinaryUsers', 'ServiceUsers'))
    AND (tty = '' OR parent_cmdline <> '' AND NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'TypedShells' AND regex_match(parent_cmdline, value, 0) IS NOT NULL))
    AND coalesce(uid, 0) NOT BETWEEN 1 AND (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SystemUsersUpTo')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ServerPrograms' AND ancestry LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'DroppedPrograms' AND parent_path || ' ' || parent_cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
    AND EXISTS (SELECT 1 FROM t WHERE element = 'WindowCommands' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'DisplayContext' AND ancestry LIKE value ESCAPE '\')
      OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'DisplayContext'))
),
counted AS (
  SELECT b.*, count(DISTINCT a.name) AS tools, count(DISTINCT a.cmdline) AS commands
  FROM told AS b JOIN told AS a ON a.parent_process_key = b.parent_process_key AND a.eid <= b.eid AND a.nth = 1
  WHERE b.nth = 1 AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM counted
  WHERE tools >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctTools')
)
SELECT eid, (SELECT group_concat(a.eid) FROM (
    SELECT eid FROM told WHERE parent_process_key = f.parent_process_key AND nth = 1 AND eid <= f.eid
      AND f.time_ns - time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
      ORDER BY eid) AS a) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' listed windows with ' || tools || ' tools, at last: ' || cmdline
    AS summary, commands, 'by a script' AS context
FROM found AS f
WHERE place = 1
