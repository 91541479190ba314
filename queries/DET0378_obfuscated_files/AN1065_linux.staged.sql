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
packed AS MATERIALIZED (SELECT * FROM encoded WHERE scratch),
gathered AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, cmdline FROM process_starts
  WHERE parent_process_key IN (SELECT parent_process_key FROM packed)
    AND name IN (SELECT value FROM t WHERE element = 'StagingCommands')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'SensitivePathList' AND cmdline LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ScratchFolders' AND cmdline || ' ' || cwd || '/' LIKE value ESCAPE '\')
  LIMIT -EXISTS (SELECT 1 FROM packed)
),
chain AS (
  SELECT p.*, g.eid AS gathered, g.cmdline AS before,
    row_number() OVER (PARTITION BY p.parent_process_key ORDER BY p.eid, g.eid) AS place
  FROM packed AS p JOIN gathered AS g ON g.parent_process_key = p.parent_process_key AND g.eid < p.eid
  WHERE p.time_ns - g.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, gathered || ',' || eid AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' gathered files (' || before || ') and then ran: ' || cmdline AS summary,
  before, cwd AS folder
FROM chain
WHERE place = 1
