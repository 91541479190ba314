WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1183'),
looked AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key AS actor, parent_path AS actor_path, parent_cmdline AS words, cmdline AS did,
    cmdline_like AS what, tty
  FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReaderCommands') AND cmdline_like IN (SELECT value
  FROM t WHERE element = 'UserArtifacts')
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, parent_cmdline, cmdline, eid, tty FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'InputCommands')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'InputLooks' AND regex_match(cmdline, value, 0) IS NOT NULL)
  UNION ALL
  SELECT eid, time_ns, process_key, path, cmdline, 'open of ' || file, file, tty FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'ArtifactFiles') AND is_write = 0
    AND name NOT IN (SELECT value FROM t WHERE element = 'OrdinaryReaders')
),
told AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY actor, what ORDER BY eid) AS nth FROM looked
  WHERE actor <> ''
    AND (tty = '' OR words <> '' AND NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'TypedShells' AND regex_match(words, value, 0) IS NOT NULL))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KnownToolSignatures'
      AND (actor_path LIKE value ESCAPE '\' OR words LIKE value ESCAPE '\'))
),
counted AS (
  SELECT b.*, count(*) AS checks
  FROM told AS b JOIN told AS a ON a.actor = b.actor AND a.eid <= b.eid AND a.nth = 1
  WHERE b.nth = 1 AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY actor ORDER BY eid) AS place FROM counted
  WHERE checks >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ArtifactCountThreshold')
)
SELECT eid, (SELECT group_concat(a.eid) FROM (
    SELECT eid FROM told WHERE actor = f.actor AND nth = 1 AND eid <= f.eid
      AND f.time_ns - time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
      ORDER BY eid) AS a) AS eids,
  coalesce(nullif(actor_path, ''), 'a process') || ' looked for a user in ' || checks || ' ways, at last: ' || did AS summary, checks
FROM found AS f
WHERE place = 1
