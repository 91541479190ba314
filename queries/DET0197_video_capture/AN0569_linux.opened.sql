WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0569'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, path_uid, system_path, name, cmdline, parent_cmdline, tty, file, success
  FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'DeviceNames')
    AND api IN (SELECT value FROM t WHERE element = 'SyscallSet')
),
foreign_opens AS MATERIALIZED (
  SELECT * FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'DevicePath' AND file LIKE value ESCAPE '\')
    AND NOT (path_uid IS 0 AND EXISTS (SELECT 1 FROM t WHERE element = 'AllowedCallers' AND path LIKE value ESCAPE '\'))
    AND (system_path = 0
      OR EXISTS (SELECT 1 FROM t WHERE element = 'Interpreters' AND path LIKE value ESCAPE '\')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemScripts' AND regex_match(cmdline, value, 0) IS NOT NULL)
      OR tty = '' AND name IN (SELECT value FROM t WHERE element = 'CaptureCommands')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL))
),
counted AS (
  SELECT b.*, count(*) AS opens, group_concat(a.eid) AS eids
  FROM foreign_opens AS b JOIN foreign_opens AS a ON a.process_key = b.process_key AND a.eid <= b.eid
  WHERE b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM counted
  WHERE opens >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MinContinuousReadCount')
)
SELECT eid, eids, path || iif(success, ' opened ', ' tried to open ') || file || ', a camera' AS summary, file AS object, cmdline AS words
FROM found
WHERE place = 1
