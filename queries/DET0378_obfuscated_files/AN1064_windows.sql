WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1064'
),
hidden AS MATERIALIZED (
  SELECT eid, time_ns, api, computer, pid, process_key, parent_process_key, start_time_ns, path, lower(name) AS name,
    lower(parent_name) AS parent_name, parent_path, target_path, payload_entropy, obfuscation AS signs, ',' || obfuscation || ',' AS listed
  FROM api_calls
  WHERE api IN ('CreateProcess', 'ScriptBlock', 'CreateFile', 'ReportEvent', 'CreateService', 'RegSetValueEx') AND obfuscation LIKE '_%'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ManagementAgents' AND parent_path LIKE value ESCAPE '\')
),
judged AS MATERIALIZED (
  SELECT *, CASE
    WHEN EXISTS (SELECT 1 FROM t WHERE element = 'StrongSigns' AND instr(listed, ',' || value || ',') > 0) THEN 1
    WHEN signs = 'packed_file' THEN name IN (SELECT value FROM t WHERE element = 'SuspiciousParentProcessList')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'PackedFilePaths' AND target_path LIKE value ESCAPE '\')
      AND time_ns - coalesce(start_time_ns, time_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    WHEN instr(listed, ',compiled_at_run,') > 0 THEN parent_name IN (SELECT value FROM t WHERE element = 'RuntimeCompilers')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'CompilerPaths' AND path LIKE value ESCAPE '\') AND parent_path LIKE '_:\%'
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InstalledPaths' AND parent_path LIKE value ESCAPE '\')
    WHEN instr(listed, ',compiled_source,') > 0 OR instr(listed, ',build_file,') > 0
      THEN parent_name IN (SELECT value FROM t WHERE element = 'SuspiciousParentProcessList')
    WHEN instr(listed, ',base64_text,') > 0
      AND payload_entropy >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'PayloadEntropyThreshold') THEN 1
    ELSE length(signs) - length(replace(signs, ',', '')) + 1 - (signs LIKE '%base64\_text%encoded\_string%' ESCAPE '\')
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'WeakSignCount') END AS fires
  FROM hidden
),
firsts AS MATERIALIZED (
  SELECT process_key, min(eid) AS eid FROM judged WHERE fires AND process_key <> '' GROUP BY process_key
),
ranked AS ( -- a process whose creator said the same before is left out
  SELECT j.*, row_number() OVER (PARTITION BY computer, pid, j.process_key ORDER BY j.eid) AS place
  FROM judged AS j LEFT JOIN firsts AS p ON p.process_key = j.parent_process_key AND p.eid < j.eid
  WHERE fires AND p.eid IS NULL
)
SELECT eid, eid AS eids,
  coalesce(nullif(path, ''), CASE api WHEN 'CreateService' THEN 'a process' ELSE 'a script' END) || CASE api
    WHEN 'CreateFile' THEN CASE signs WHEN 'packed_file' THEN ' made the packed file ' ELSE ' took from a page that made it itself ' END
      || target_path
    WHEN 'ReportEvent' THEN ' keeps code in an event log'
    WHEN 'CreateService' THEN ' installed a service whose command hides what it says: ' || replace(signs, ',', ', ')
    WHEN 'RegSetValueEx' THEN ' wrote a command that hides what it says to ' || target_path
    ELSE ' hides what it says: ' || replace(signs, ',', ', ') END AS summary,
  signs, payload_entropy
FROM ranked
WHERE place = 1
