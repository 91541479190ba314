WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0569'),
named AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, parent_path, parent_cmdline, cmdline, cmdline_like AS word FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'CaptureCommands') AND (tty = '' OR parent_name = 'sudo')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'CameraWords')
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM named AS n
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
    AND EXISTS (SELECT 1 FROM t WHERE element = 'VideoExtensions' AND lower(cmdline) LIKE '%.' || value || '%')
)
SELECT eid, eid AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' had a camera recorded: ' || cmdline AS summary,
  trim(word, '% ') AS object, cmdline AS words
FROM first
WHERE place = 1
