-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1324'
),
raised AS MATERIALIZED (
  SELECT eid, computer, parent_process_key, parent_path, parent_user, path FROM process_starts WHERE user_change = 'to_system'
),
piped AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, api, path, name, system_path, user, user_sid, logon_id, cmdline, parent_name, target_path, arguments,
    lower(CASE WHEN target_path LIKE '%IPC$%' THEN '\' || target_name ELSE target_path END) AS pipe
  FROM api_calls WHERE api IN (SELECT value FROM t WHERE element = 'PipeCalls')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element IN ('PipeWriters', 'TokenFunctions', 'LentShells') UNION SELECT '%pipe=%')
),
scripted AS MATERIALIZED (
  SELECT eid, computer, process_key, user, script_text FROM script_blocks WHERE script_text_like IN (SELECT value FROM t WHERE element = 'TokenFunctions')
),
served AS (
  SELECT *, (logon_id = '0x3e7' OR user LIKE '%\SYSTEM' OR name = 'System') AS is_system,
    api = 'CreateNamedPipe' AND (system_path = 0 OR name IN (SELECT value FROM t WHERE element = 'Interpreters') AND user <> '')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryPipes' AND target_path LIKE value ESCAPE '\') AS is_made
  FROM piped WHERE api IN ('CreateNamedPipe', 'ConnectNamedPipe')
),
met AS (
  SELECT *, max(CASE WHEN is_made AND NOT is_system THEN eid END) OVER pipes AS made, max(CASE WHEN is_made AND NOT is_system THEN time_ns END) OVER pipes AS made_ns,
    max(CASE WHEN is_system AND NOT is_made THEN eid END) OVER pipes AS joined, max(CASE WHEN is_system AND NOT is_made THEN time_ns END) OVER pipes AS joined_ns
  FROM served WINDOW pipes AS (PARTITION BY computer, pipe ORDER BY eid)
),
hits AS (
  SELECT eid, eid AS eids, computer || '|' || parent_process_key AS story, 'child' AS how, '' AS pipe, parent_user AS from_user,
    parent_path || ' of ' || parent_user || ' started ' || path || ' as SYSTEM' AS summary
  FROM raised WHERE parent_path <> '' AND lower(parent_path) NOT IN (SELECT lower(value) FROM t WHERE element = 'AllowedSystemProcesses')
    AND parent_user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'UserContextFilter')
    AND 1 + (parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%') + (parent_user LIKE '%$' OR parent_user LIKE '% SERVICE' OR parent_user LIKE 'IIS APPPOOL\%')
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
  UNION ALL
  SELECT eid, min(made, coalesce(joined, made)) || CASE WHEN joined THEN ',' || max(made, joined) ELSE '' END, computer || '|' || pipe, 'pipe', pipe, user,
    'the pipe ' || pipe || ' of a program outside system folders ' || CASE WHEN joined THEN 'was connected to by SYSTEM' ELSE 'imitates the path of another pipe' END
  FROM met WHERE eid IN (made, joined) AND (abs(made_ns - joined_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    OR eid = made AND pipe LIKE '%_\pipe\_%')
  UNION ALL
  SELECT eid, eid, computer || '|' || pipe, 'share', pipe, user, 'a service account reached its own pipe ' || pipe || ' through the share IPC$'
  FROM piped WHERE target_path LIKE '%IPC$%' AND logon_id IN ('0x3e4', '0x3e5') AND substr(pipe, 2) NOT IN (SELECT value FROM t WHERE element = 'ServicePipes')
  UNION ALL
  SELECT eid, eid, computer || '|\' || lower(coalesce(regex_match(cmdline || ' ' || arguments, 'pipe.([^ "]+)', 1), '')), 'command', '', user,
    'a service writes into a pipe: ' || substr(said, 1, 200)
  FROM (SELECT *, CASE api WHEN 'CreateService' THEN target_path WHEN 'RegSetValueEx' THEN arguments ELSE cmdline END AS said FROM piped)
  WHERE (api = 'CreateService' OR api = 'CreateProcess' AND parent_name LIKE 'services.exe' OR api = 'RegSetValueEx' AND target_path LIKE '%\Services\%\ImagePath')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'PipeWriters' AND said LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer || '|' || process_key || '|' || user, 'shell', '', user, path || ' of ' || user || ' is told to start a shell: ' || cmdline
  FROM piped WHERE api = 'CreateProcess' AND system_path = 0 AND path LIKE '_:\%' AND (logon_id IN ('0x3e4', '0x3e5') OR user_sid LIKE 'S-1-5-8_-%' OR user LIKE 'IIS APPPOOL\%' OR user LIKE '% SERVICE')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'LentShells' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer || '|' || process_key || '|' || user, 'script', '', user, 'a script of ' || coalesce(nullif(user, ''), 'a user') || ' calls functions that duplicate or assign tokens'
  FROM (SELECT * FROM scripted UNION ALL SELECT eid, computer, process_key, user, cmdline FROM piped WHERE api = 'CreateProcess') WHERE EXISTS (SELECT 1 FROM t WHERE element = 'TokenFunctions' AND script_text LIKE value ESCAPE '\')
)
SELECT eid, eids, summary, how, pipe, from_user FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
