WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0162'
),
named AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, action, 0 AS is_typed FROM file_changes
  WHERE target_name IN (SELECT value FROM t WHERE element = 'DataNames') AND success = 1
),
typed AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, action, 1 AS is_typed FROM file_changes
  WHERE target_extension IN (SELECT value FROM t WHERE element = 'DataExtensions') AND success = 1
),
written AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, 'write', 0 FROM api_calls
  WHERE api = 'CreateFile' AND arguments_like IN (SELECT 'access=%file=' || value FROM t WHERE element = 'MonitoredFilePaths')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'WritingRights' AND access_rights LIKE value ESCAPE '\')
),
changed AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredFilePaths' AND target_path LIKE value ESCAPE '\') AS monitored
  FROM (SELECT * FROM typed UNION ALL SELECT * FROM named UNION ALL SELECT * FROM written)
  WHERE path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AuthorizedProcesses' AND path LIKE value ESCAPE '\')
),
first_changes AS ( -- of a file by a process
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, lower(target_path) ORDER BY eid) AS nth FROM changed
  WHERE monitored OR is_typed
),
counted AS (
  SELECT *, lag(eid, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctFiles')) OVER w AS first_eid,
    lag(time_ns, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctFiles')) OVER w AS since_ns
  FROM first_changes WHERE nth = 1
  WINDOW w AS (PARTITION BY computer, pid, process_key ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key ORDER BY eid) AS place FROM counted
  WHERE monitored OR time_ns - since_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, CASE WHEN monitored OR first_eid = eid THEN eid ELSE first_eid || ',' || eid END AS eids,
  path || CASE action WHEN 'delete' THEN ' removed ' WHEN 'times' THEN ' set the times of ' WHEN 'write' THEN ' wrote ' ELSE ' made ' END
    || target_path || CASE WHEN monitored THEN '' ELSE ' and other files of data' END AS summary, target_path AS changed_file,
  CASE WHEN monitored THEN 1 ELSE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctFiles') END AS files
FROM ranked WHERE place = 1
