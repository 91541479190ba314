WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0688'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, path_uid, cmdline, ancestry, file FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'DeviceNames') AND tty = ''
    AND user NOT IN (SELECT value FROM t WHERE element = 'UserContext')
),
foreign_opens AS MATERIALIZED (
  SELECT * FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'PathTarget' AND file LIKE value ESCAPE '\')
    AND NOT (path_uid IS 0 AND EXISTS (SELECT 1 FROM t WHERE element = 'DesktopPrograms' AND path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'GraphicalSessions' AND ancestry LIKE value ESCAPE '\')
),
counted AS (
  SELECT b.*, count(*) AS opens, group_concat(a.eid) AS eids
  FROM foreign_opens AS b JOIN foreign_opens AS a ON a.process_key = b.process_key AND a.eid <= b.eid
  WHERE b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM counted
  WHERE opens >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'PollCount')
)
SELECT eid, eids, path || ' opened input devices ' || opens || ' times outside a shell of a user, at last ' || file AS summary,
  file AS object, cmdline AS words
FROM found
WHERE place = 1
