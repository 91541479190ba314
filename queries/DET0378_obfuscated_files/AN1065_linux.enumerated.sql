WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1065'),
encoded AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, cmdline, cwd,
    EXISTS (SELECT 1 FROM t WHERE element = 'ScratchFolders' AND cmdline || ' ' || cwd || '/' LIKE value ESCAPE '\') AS scratch,
    EXISTS (SELECT 1 FROM t WHERE element = 'SensitivePathList' AND cmdline LIKE value ESCAPE '\') AS sensitive
  FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'Encoders') AND tty = '' AND parent_process_key <> ''
    AND EXISTS (SELECT 1 FROM t WHERE element = 'CommandRegex' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'DecodingRegex' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
),
packed AS MATERIALIZED (SELECT * FROM encoded WHERE scratch OR sensitive),
looked AS MATERIALIZED (
  SELECT min(eid) AS eid, min(time_ns) AS time_ns, parent_process_key, name FROM process_starts
  WHERE parent_process_key IN (SELECT parent_process_key FROM packed)
    AND name IN (SELECT value FROM t WHERE element = 'EnumerationCommands')
  GROUP BY parent_process_key, name
  LIMIT -EXISTS (SELECT 1 FROM packed)
),
chain AS (
  SELECT p.*, count(*) AS looks, group_concat(l.eid) AS earlier, group_concat(l.name, ' ') AS before
  FROM packed AS p JOIN (SELECT * FROM looked ORDER BY eid) AS l ON l.parent_process_key = p.parent_process_key AND l.eid < p.eid
  WHERE p.time_ns - l.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY p.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM chain
  WHERE looks >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'EnumerationCount')
)
SELECT eid, earlier || ',' || eid AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' looked around (' || before || ') and then ran: ' || cmdline AS summary,
  before, cwd AS folder
FROM found
WHERE place = 1
