WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0255'),
span AS (SELECT 1000000000 * CAST(value AS INTEGER) AS ns FROM t WHERE element = 'TimeWindow'),
asked AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'UserCommands')
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, ancestry, user, uid, tty, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReaderCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'UserFiles')
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
  SELECT *, coalesce(time_ns - lag(time_ns) OVER (PARTITION BY actor, cmdline ORDER BY eid) > (SELECT ns FROM span), 1) AS fresh, CASE
      WHEN EXISTS (SELECT 1 FROM t WHERE element = 'ServerPrograms' AND ancestry LIKE value ESCAPE '\') THEN 'below a server'
      WHEN tty = '' AND (user IN (SELECT value FROM t WHERE element = 'ServiceUsers')
        OR uid BETWEEN 1 AND (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SystemUsersUpTo')) THEN 'for a service'
      WHEN tty = '' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShellContext' AND words LIKE value ESCAPE '\')
        THEN 'in a shell without a terminal'
      WHEN EXISTS (SELECT 1 FROM t WHERE element = 'DroppedPrograms' AND actor_path || ' ' || words LIKE value ESCAPE '\')
        THEN 'for a dropped program' ELSE '' END AS context
  FROM acted
  WHERE actor <> '' AND user NOT IN (SELECT value FROM t WHERE element = 'OrdinaryUsers')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'CommandLineRegex' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(words, value, 0) IS NOT NULL)
),
counted AS (
  SELECT b.*, count(*) AS commands, group_concat(a.eid) AS eids
  FROM told AS b JOIN (SELECT * FROM told WHERE fresh ORDER BY eid) AS a ON a.actor = b.actor AND a.eid <= b.eid
  WHERE b.fresh AND b.context <> '' AND b.time_ns - a.time_ns <= (SELECT ns FROM span)
  GROUP BY b.eid
),
found AS (
  SELECT *, coalesce(time_ns - lag(time_ns) OVER (PARTITION BY actor ORDER BY eid) > (SELECT ns FROM span), 1) AS first FROM counted
  WHERE commands >= (SELECT CAST(value AS INTEGER) FROM t
    WHERE element = iif(context = 'for a dropped program', 'DroppedFrequency', 'LineageFrequency'))
)
SELECT eid, eids, coalesce(nullif(actor_path, ''), 'a process') || ' asked for users ' || context || ': ' || cmdline
    AS summary, commands, context
FROM found
WHERE first
