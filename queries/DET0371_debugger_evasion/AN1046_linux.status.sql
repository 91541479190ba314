WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1046'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, file, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS nth FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'MonitoredFiles') AND is_write = 0 AND target_pid IN (pid, ppid)
    AND (system_path = 0 OR EXISTS (SELECT 1 FROM t WHERE element = 'Interpreters' AND path LIKE value ESCAPE '\'))
    AND EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredPaths' AND file LIKE value ESCAPE '\')
    AND name NOT IN (SELECT value FROM t WHERE element = 'DebuggerPrograms')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryScripts' AND regex_match(cmdline, value, 0) IS NOT NULL)
),
counted AS (
  SELECT b.*, count(*) AS opens, group_concat(a.eid) AS eids
  FROM opened AS b JOIN opened AS a ON a.process_key = b.process_key AND a.eid <= b.eid
  WHERE b.nth <= 50 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SyscallThreshold')
    AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
found AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM counted
  WHERE opens >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SyscallThreshold')
)
SELECT eid, eids, path || ' looked ' || opens || ' times whether it is traced: ' || file AS summary, file AS sign
FROM found
WHERE place = 1
