WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0904'),
span AS (SELECT 1000000000 * CAST(value AS INTEGER) AS ns FROM t WHERE element = 'TimeWindow'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline, name FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'UtilityNameList')
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline, name FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReaderCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'ConnectionFiles')
),
wrapped AS MATERIALIZED (
  SELECT parent_process_key AS k FROM asked, t WHERE element = 'ShellWrappers' AND regex_match(parent_cmdline, value, 0) IS NOT NULL
),
shells AS MATERIALIZED (
  SELECT process_key AS k, min(parent_process_key) AS up, min(parent_path) AS path, min(parent_cmdline) AS words FROM process_starts
  WHERE process_key IN (SELECT k FROM wrapped) GROUP BY 1 LIMIT -EXISTS (SELECT 1 FROM wrapped)
),
acted AS (
  SELECT a.*, coalesce(up, parent_process_key) AS actor, coalesce(path, parent_path) AS actor_path, coalesce(words, parent_cmdline) AS words
  FROM asked AS a LEFT JOIN shells ON k = parent_process_key
),
told AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY actor, cmdline ORDER BY eid) AS nth FROM acted
  WHERE actor <> '' AND user NOT IN (SELECT value FROM t WHERE element IN ('OrdinaryUsers', 'ServiceUsers'))
    AND (tty = '' OR words <> '' AND NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'TypedShells' AND regex_match(words, value, 0) IS NOT NULL))
    AND coalesce(uid, 0) NOT BETWEEN 1 AND (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SystemUsersUpTo')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ServerPrograms' AND ancestry LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'DroppedPrograms' AND actor_path || ' ' || words LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(words, value, 0) IS NOT NULL)
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ConnectionCommands' AND regex_match(cmdline, value, 0) IS NOT NULL)
),
counted AS (
  SELECT b.*, count(*) AS executions, count(DISTINCT a.cmdline) AS commands, count(DISTINCT a.name) AS tools, group_concat(a.eid) AS eids,
    b.user IN (SELECT value FROM t WHERE element = 'UserContextScope') AS in_scope
  FROM told AS b JOIN (SELECT * FROM told ORDER BY eid) AS a ON a.actor = b.actor AND a.eid <= b.eid
  WHERE max(a.nth, b.nth) <= 10 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ExecutionFrequencyThreshold')
    AND b.time_ns - a.time_ns <= (SELECT ns FROM span)
  GROUP BY b.eid
),
found AS (
  SELECT *, coalesce(time_ns - lag(time_ns) OVER (PARTITION BY actor ORDER BY eid) > (SELECT ns FROM span), 1) AS first FROM counted
  WHERE tools >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctTools')
    OR NOT in_scope AND (executions >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ExecutionFrequencyThreshold')
      OR commands >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctCommands'))
)
SELECT eid, eids, coalesce(nullif(actor_path, ''), 'a process') || ' listed connections ' || executions || ' times, at last: ' || cmdline
    AS summary, commands, 'by a script' AS context
FROM found
WHERE first
