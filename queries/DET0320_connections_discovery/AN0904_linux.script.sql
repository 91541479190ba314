WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0904'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline, name FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'UtilityNameList')
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline, name FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReaderCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'ConnectionFiles')
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
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ConnectionCommands' AND regex_match(cmdline, value, 0) IS NOT NULL)
),
paired AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline, name, 1 AS nth
  FROM process_starts
  WHERE parent_process_key IN (SELECT parent_process_key FROM told)
    AND name IN (SELECT value FROM t WHERE element = 'PairedCommands') LIMIT -EXISTS (SELECT 1 FROM told)
),
counted AS (
  SELECT b.*, count(*) AS executions, count(DISTINCT a.cmdline) AS commands, count(DISTINCT a.name) AS tools,
    b.user IN (SELECT value FROM t WHERE element = 'UserContextScope') AS in_scope
  FROM (SELECT *, 0 AS is_paired FROM told UNION ALL SELECT *, 1 FROM paired) AS b
    JOIN told AS a ON a.parent_process_key = b.parent_process_key AND a.eid <= b.eid
  WHERE max(a.nth, b.nth) <= 10 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ExecutionFrequencyThreshold')
    AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM counted
  WHERE NOT in_scope AND (is_paired OR executions >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ExecutionFrequencyThreshold')
      OR commands >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctCommands'))
    OR NOT is_paired AND tools >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctTools')
)
SELECT eid, (SELECT group_concat(a.eid) FROM (
    SELECT eid, time_ns FROM told WHERE parent_process_key = f.parent_process_key AND eid < f.eid
      AND f.time_ns - time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
      ORDER BY eid) AS a) || ',' || eid AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' listed connections'
    || CASE WHEN is_paired THEN ' and then ran: ' || cmdline ELSE ' ' || executions || ' times, at last: ' || cmdline END AS summary,
  commands, iif(is_paired, 'before rights or packing', 'by a script') AS context
FROM found AS f
WHERE place = 1
