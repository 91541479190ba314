WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1199'),
opened AS MATERIALIZED (
  SELECT eid, process_key, path, system_path, cmdline, file, success FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'StoreNames') AND is_write = 0
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredFiles' AND file LIKE value ESCAPE '\')
    AND (system_path = 0
      OR EXISTS (SELECT 1 FROM t WHERE element = 'Interpreters' AND path LIKE value ESCAPE '\')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemScripts' AND regex_match(cmdline, value, 0) IS NOT NULL))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'DroppedPrograms' AND path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path || ' ' || file LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, path || iif(success, ' read ', ' tried to read ') || file || ', which it does not keep' AS summary,
  file AS store, cmdline AS words
FROM suspicious
WHERE place = 1
