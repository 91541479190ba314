WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1199'),
named AS MATERIALIZED (
  SELECT eid, process_key, path, cmdline, cmdline_like AS store, parent_path, parent_cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReaderCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'StoreWords') AND tty = ''
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM named
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
)
SELECT eid, eid AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' ran without a terminal: ' || cmdline AS summary,
  trim(store, '%') AS store, cmdline AS words
FROM suspicious
WHERE place = 1
