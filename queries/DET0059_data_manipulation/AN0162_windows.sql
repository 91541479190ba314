-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0162'
),
named AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, action FROM file_changes
  WHERE target_name IN (SELECT value FROM t WHERE element = 'DataNames') AND success = 1
),
typed AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, action FROM file_changes
  WHERE target_extension IN (SELECT value FROM t WHERE element = 'DataExtensions') AND success = 1
),
said AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, api, user, access_rights, target_path, cmdline, arguments FROM api_calls WHERE api IN ('CreateFile', 'ScriptBlock', 'CreateProcess')
    AND arguments_like IN (SELECT CASE element WHEN 'MonitoredFilePaths' THEN 'access=%file=' WHEN 'ChangeScripts' THEN '%' END || value FROM t WHERE element IN ('MonitoredFilePaths', 'ChangeScripts'))
),
written AS (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, 'write' AS action FROM said
  WHERE api = 'CreateFile' AND (access_rights LIKE '%WRITE\_DATA%' ESCAPE '\' OR access_rights LIKE '%APPEND%' OR access_rights LIKE '%DELETE%' OR access_rights LIKE '%GENERIC\_WRITE%' ESCAPE '\' OR access_rights LIKE '%ALL\_ACCESS%' ESCAPE '\')
),
told AS (
  SELECT eid, computer, coalesce(nullif(process_key, ''), user) AS actor, coalesce(nullif(path, ''), 'a script') AS who, substr(replace(CASE api WHEN 'ScriptBlock' THEN substr(arguments, 8) ELSE cmdline END, char(10), ' '), 1, 200) AS words,
    row_number() OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS place FROM said
  WHERE api <> 'CreateFile' AND length(arguments) < 16384 AND EXISTS (SELECT 1 FROM t WHERE element = 'ChangeScripts' AND arguments LIKE '%' || value ESCAPE '\')
    AND CASE WHEN arguments LIKE '%drivers\etc\hosts%' THEN regex_match(lower(arguments), '(echo |add-content|set-content|out-file|appendalltext|writealltext|copy |>>)', 0) IS NOT NULL
      ELSE EXISTS (SELECT 1 FROM t WHERE element = 'Payments' AND arguments LIKE value ESCAPE '\') AND (arguments LIKE '%UPDATE %SET %' OR arguments LIKE '%DELETE FROM%' OR arguments LIKE '%Set-Content%' OR arguments LIKE '%.Save(%' OR arguments LIKE '%Export-Csv%' OR arguments LIKE '%WriteAllText%')
        OR regex_match(arguments, 'eplace *[(]?[ ''"]*[A-Za-z]{0,2}[0-9]{2}[A-Z0-9 ]{8,30}[''"]', 0) IS NOT NULL END
),
changed AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredFilePaths' AND target_path LIKE value ESCAPE '\') AS monitored
  FROM (SELECT * FROM named UNION ALL SELECT * FROM typed UNION ALL SELECT * FROM written)
  WHERE path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AuthorizedProcesses' AND path LIKE value ESCAPE '\')
),
first_changes AS ( -- of a file by a process
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, lower(target_path) ORDER BY eid) AS nth FROM changed
  WHERE monitored OR eid IN (SELECT eid FROM typed)
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
  path || CASE action WHEN 'delete' THEN ' removed ' WHEN 'times' THEN ' set the times of ' WHEN 'write' THEN ' wrote ' ELSE ' made ' END || target_path
    || CASE WHEN monitored THEN '' ELSE ' and other files of data' END AS summary,
  target_path AS changed_file, CASE WHEN monitored THEN 1 ELSE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctFiles') END AS files
FROM ranked
WHERE place = 1
UNION ALL
SELECT eid, CAST(eid AS TEXT), who || ' changes stored data: ' || words, words, 1 FROM told WHERE place = 1
