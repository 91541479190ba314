WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0283'),
opened AS MATERIALIZED (
  SELECT eid, process_key, path, name, cmdline, parent_cmdline, ancestry, file, success FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'DeviceNames') AND tty = ''
    AND name IN (SELECT value FROM t WHERE element = 'ProcessName')
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'DevicePath' AND file LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemScripts' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'GraphicalSessions' AND ancestry LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, path || iif(success, ' opened ', ' tried to open ') || file || ' below no graphical session' AS summary,
  file AS object, cmdline AS words
FROM suspicious
WHERE place = 1
