-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, object_name, target_path, lower(arguments) AS arguments, path, cmdline, integrity_level, parent_path, parent_name, parent_integrity_level, computer
  FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'WatchedObjects') AND api IN ('RegSetValueEx', 'RegRenameKey', 'RegCreateKeyEx', 'CreateFile', 'LoadLibrary', 'CreateProcess')
),
children AS MATERIALIZED (
  SELECT eid, time_ns, lower(name) AS name, path, cmdline, integrity_level, token_elevation, parent_path, lower(parent_name) AS parent_name, parent_cmdline, computer
  FROM process_starts
  WHERE parent_name IN (SELECT lower(value) FROM t WHERE element IN ('ParentProcessName', 'TalkativeParents'))
),
told AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, cmdline, user, path, target_path, computer FROM api_calls WHERE api IN ('CreateProcess', 'ScriptBlock', 'AmsiScanBuffer', 'LsaLogonUser', 'CreateService', 'RegisterTask', 'CreateFile')
    AND arguments_like IN (SELECT value FROM t WHERE element IN ('CommandPatterns', 'LocalLogons', 'ElevatedTasks', 'HijackedFolders') UNION SELECT 'action=create service=%')
),
ways AS (
  SELECT eid, time_ns, computer, path, target_path AS object, 'sets a value that elevated programs obey' AS how FROM seen
  WHERE api LIKE 'Reg%' AND EXISTS (SELECT 1 FROM t WHERE element = 'HijackedKeys' AND (target_path LIKE value ESCAPE '\' OR arguments LIKE '%' || value ESCAPE '\'))
  UNION ALL
  SELECT eid, time_ns, computer, path, target_path, 'switches User Account Control off' FROM seen
  WHERE api LIKE 'Reg%' AND lower(object_name) || '=' || regex_match(arguments, '0*([0-9a-f]+)\)?$', 1) IN (SELECT lower(value) FROM t WHERE element = 'PolicyValues')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinarySetters' AND lower(object_name) || '=' || regex_match(arguments, '0*([0-9a-f]+)\)?$', 1) || '>' || lower(path) LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, path, target_path, CASE api WHEN 'CreateFile' THEN 'lays a file where an elevated program takes it' ELSE 'loads a library laid for an elevated program' END FROM seen
  WHERE api IN ('CreateFile', 'LoadLibrary') AND path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'FileOwners')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'HijackedFiles' AND target_path LIKE value ESCAPE '\')
      OR api = 'LoadLibrary' AND EXISTS (SELECT 1 FROM t WHERE element = 'ElevatorLibraries' AND lower(object_name || '<' || path) LIKE lower(value) ESCAPE '\' AND object_name IN ('cmlua.dll', 'cmluautil.dll', 'cmstplua.dll', 'colorui.dll')) OR lower(object_name) IN (SELECT value FROM t WHERE element = 'ParentProcessName') AND target_path LIKE '%\Temp\%' AND api = 'CreateFile' AND path NOT LIKE '_:\Windows\%')
  UNION ALL
  SELECT eid, time_ns, computer, path, parent_path, 'runs elevated for an unelevated program, or from a false folder' FROM seen
  WHERE api = 'CreateProcess' AND lower(object_name) IN (SELECT value FROM t WHERE element IN ('ParentProcessName', 'TalkativeParents') UNION SELECT 'taskmgr.exe')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryChildren' AND lower(parent_name || '>' || object_name) LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedProcessPath'
      AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\' AND integrity_level = 'High' AND (parent_integrity_level IN ('Low', 'Medium')
        OR parent_integrity_level = '' AND lower(object_name) IN (SELECT value FROM t WHERE element = 'ParentProcessName' EXCEPT SELECT value FROM t WHERE element = 'AskedByInstallers'))))
  UNION ALL
  SELECT eid, time_ns, computer, path, CASE api WHEN 'CreateProcess' THEN cmdline ELSE target_path END, CASE api WHEN 'CreateFile' THEN 'lays a file where an elevated program takes it' ELSE 'is told to bypass the prompt' END FROM told
  WHERE api = 'CreateProcess' OR api = 'CreateFile' AND path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'FileOwners') AND EXISTS (SELECT 1 FROM t WHERE element = 'HijackedFolders' AND arguments LIKE value ESCAPE '\') OR api = 'RegisterTask' AND target_path <> '' AND (target_path LIKE '% %' OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'CleanUpProgram' AND target_path LIKE value ESCAPE '\'))
  UNION ALL
  SELECT eid, time_ns, computer, path, replace(substr(arguments, 1, 200), char(10), ' '), 'runs a script that bypasses the prompt or switches it off' FROM told WHERE api IN ('ScriptBlock', 'AmsiScanBuffer')
  UNION ALL
  SELECT s.eid, s.time_ns, s.computer, s.path, s.target_path, 'is installed as a service by a network session of this machine itself' FROM told AS s
  WHERE api = 'CreateService' AND user <> '' AND EXISTS (SELECT 1 FROM told AS l WHERE l.api = 'LsaLogonUser' AND l.computer = s.computer AND l.eid < s.eid AND instr(lower(l.arguments), ' logon_user=' || lower(s.user) || ' ') > 0
    AND s.time_ns - l.time_ns <= 60000000000)
  UNION ALL
  SELECT eid, time_ns, computer, path, parent_path, 'is the elevated child of a program that starts none' FROM children
  WHERE integrity_level IN ('High', 'System', '') AND token_elevation <> 'limited' AND parent_cmdline NOT LIKE '%-Embedding%'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryChildren' AND parent_name || '>' || name LIKE value ESCAPE '\' AND path LIKE '_:\Windows\%')
    AND (parent_name IN (SELECT value FROM t WHERE element = 'ParentProcessName')
      OR integrity_level <> '' AND name IN (SELECT value FROM t WHERE element = 'Interpreters')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedProcessPath' AND path LIKE value ESCAPE '\' AND integrity_level <> '')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedObjects' AND parent_cmdline LIKE value ESCAPE '\'))
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
