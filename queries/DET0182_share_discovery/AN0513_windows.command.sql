WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
said AS MATERIALIZED ( -- where no command line is logged, the program's name is all there is
  SELECT eid, computer, name, user, coalesce(nullif(cmdline, ''), path) AS cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'SharePrograms')
    AND cmdline_like IN (SELECT '%' || value || '%' FROM t WHERE element IN ('ShareQueries', 'ShareFunctions', 'ShareSweeps'))
    AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
),
judged AS (
  SELECT *, name IN (SELECT value FROM t WHERE element = 'Shells') AS is_shell,
    EXISTS (SELECT 1 FROM t WHERE element = 'ShareQueries' AND cmdline LIKE value ESCAPE '\') AS is_query,
    EXISTS (SELECT 1 FROM t WHERE element = 'ShareFunctions' AND cmdline LIKE value ESCAPE '\') AS is_function,
    EXISTS (SELECT 1 FROM t WHERE element = 'ShareSweeps' AND cmdline LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SweepUses' AND cmdline LIKE value ESCAPE '\') AS is_sweep
  FROM said
),
told AS (
  SELECT *, ' listed shares: ' || cmdline AS did FROM judged
  WHERE (is_query AND (NOT is_shell OR EXISTS (SELECT 1 FROM t
        WHERE element = 'ShellListSyntax' AND regex_match(lower(cmdline), value, 0) IS NOT NULL))
      OR is_function AND name NOT IN (SELECT value FROM t WHERE element = 'ShellsWithoutCmdlets'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ShareChanges' AND cmdline LIKE value ESCAPE '\')
  UNION
  SELECT *, ' looks at the shares of many machines: ' || substr(cmdline, 1, 160) FROM judged WHERE is_shell AND is_sweep
)
SELECT eid, eid AS eids, coalesce(nullif(user, ''), 'a user') || did AS summary, 'command' AS how, cmdline AS command
FROM (SELECT *, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place FROM told) WHERE place = 1
