WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0620'),
named AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, parent_path, parent_cmdline, user, cmdline, cmdline_like AS word FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ExecutableName') AND tty = ''
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'RecordWords')
),
recorded AS MATERIALIZED (
  SELECT * FROM named
  WHERE parent_process_key <> '' AND user NOT IN (SELECT value FROM t WHERE element = 'UserContext')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
),
sent AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, cmdline FROM process_starts
  WHERE parent_process_key IN (SELECT parent_process_key FROM recorded)
    AND name IN (SELECT value FROM t WHERE element = 'SendCommands')
  LIMIT -EXISTS (SELECT 1 FROM recorded)
),
chain AS (
  SELECT s.*, r.eid AS began, r.word, r.parent_path, r.cmdline AS recording,
    row_number() OVER (PARTITION BY s.parent_process_key ORDER BY s.eid, r.eid) AS place
  FROM sent AS s JOIN recorded AS r ON r.parent_process_key = s.parent_process_key AND r.eid < s.eid
  WHERE s.time_ns - r.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, began || ',' || eid AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' had sound recorded (' || recording || ') and then sent: ' || cmdline AS summary,
  trim(word, '% ') AS object, cmdline AS words
FROM chain
WHERE place = 1
