WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0283'),
opened AS MATERIALIZED (
  SELECT eid, process_key, path, system_path, cmdline, file, success FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'DeviceNames') AND is_write = 1
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'DevicePath' AND file LIKE value ESCAPE '\')
    AND (system_path = 0
      OR EXISTS (SELECT 1 FROM t WHERE element = 'Interpreters' AND path LIKE value ESCAPE '\')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SystemScripts' AND regex_match(cmdline, value, 0) IS NOT NULL))
)
SELECT eid, eid AS eids, path || iif(success, ' opened ', ' tried to open ') || file || ' to write, by which input is made up' AS summary,
  file AS object, cmdline AS words
FROM suspicious
WHERE place = 1
