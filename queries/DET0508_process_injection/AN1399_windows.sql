-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, rights, code_path, api_frames, is_child, process_key, parent_process_key, path, target_process_key, target_path, target_name, api IN ('VirtualAllocEx', 'WriteProcessMemory', 'MapViewOfSection', 'VirtualProtectEx') AS is_write
  FROM process_modifications WHERE is_self = 0 AND (code_system_path = 0 OR api = 'CreateRemoteThread' AND code_path <> '' AND name IN (SELECT value FROM t WHERE element = 'NeverThreads'))
),
bare AS MATERIALIZED (
  SELECT eid, api, process_key, parent_process_key, path, parent_path, name, parent_name, cmdline, target_path,
    lower(rtrim(replace(cmdline, '"', ''))) IN (lower(path), lower(name), substr(lower(name), 1, length(name) - 4), 'c:\windows\system32\' || lower(name), 'c:\windows\syswow64\' || lower(name), 'c:\windows\sysnative\' || lower(name)) AS is_bare, lower(rtrim(replace(parent_cmdline, '"', ''))) IN (lower(parent_path), lower(parent_name)) AS is_below_bare
  FROM api_calls WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('NeverBare', 'BareByStranger', 'InjectionPrograms', 'Shells', 'RuntimeModules', 'SystemOnly')) AND api IN ('CreateProcess', 'LoadLibrary')
),
started AS (
  SELECT *, CASE WHEN api = 'LoadLibrary' THEN CASE WHEN target_path LIKE '%clr.dll' AND lower(name) IN (SELECT lower(value) FROM t WHERE element IN ('BareByStranger', 'NeverParents') EXCEPT SELECT lower(value) FROM t WHERE element = 'Managed') THEN 'runtime' END
    WHEN lower(name) IN (SELECT value FROM t WHERE element = 'InjectionPrograms') AND EXISTS (SELECT 1 FROM t WHERE element = 'InjectionCommands' AND cmdline LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryInjections' AND cmdline LIKE value ESCAPE '\') THEN 'told'
    WHEN lower(name) IN (SELECT value FROM t WHERE element = 'Shells') AND parent_path LIKE '_:\Windows\%' AND lower(parent_name) IN (SELECT lower(value) FROM t WHERE element = 'NeverParents' OR element = 'NeverBare' AND is_below_bare) THEN 'child'
    WHEN lower(name) IN (SELECT value FROM t WHERE element = 'SystemOnly') AND path LIKE '_:\Windows\%' AND parent_path LIKE '_:\%' AND (parent_path NOT LIKE '_:\Windows\%' AND parent_path NOT LIKE '_:\Program Files%' OR lower(name) = 'svchost.exe' AND lower(parent_name) IN (SELECT value FROM t WHERE element = 'Shells' UNION SELECT 'explorer.exe'))
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AntimalwarePrograms' AND parent_path LIKE value ESCAPE '\') THEN 'stranger'
    WHEN is_bare AND cmdline <> '' AND NOT (lower(name) = 'cvtres.exe' AND lower(parent_name) IN ('csc.exe', 'vbc.exe')) AND lower(name) IN (SELECT lower(value) FROM t WHERE element IN ('NeverBare', 'BareByStranger')) AND (EXISTS (SELECT 1 FROM t WHERE element = 'NeverBare' AND lower(value) IN (lower(name), lower(parent_name)))
      OR parent_path <> '' AND parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%') THEN 'bare_host' END AS how
  FROM bare
),
texts AS MATERIALIZED (
  SELECT eid, process_key, path, target_path, CASE WHEN api = 'CreateNamedPipe' THEN 'pipe' WHEN arguments_like IN (SELECT value FROM t WHERE element = 'InjectionScripts') THEN 'script' ELSE 'library' END AS how,
    CASE api WHEN 'RegSetValueEx' THEN regex_match(arguments, ' data=(.+)$', 1) ELSE regex_match(arguments, '[ /-][Dd](ata)? +"?([^"]+[.][Dd][Ll][Ll])', 2) END AS library
  FROM api_calls WHERE api IN ('CreateNamedPipe', 'ScriptBlock', 'RegSetValueEx', 'CreateProcess')
    AND arguments_like IN (SELECT value FROM t WHERE element IN ('InjectionScripts', 'RegisteredLibraries') UNION SELECT '%pipe=' || value FROM t WHERE element = 'InjectedPipe')
),
story AS (
  SELECT *, max(CASE WHEN is_write THEN eid END) OVER pair AS written, max(CASE WHEN is_write THEN time_ns END) OVER pair AS written_ns FROM touched WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'InjectorAllowlist' AND path LIKE value ESCAPE '\') WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
found AS (
  SELECT eid, eid AS eids, 'thread' AS how, process_key AS actor, target_process_key AS victim, rights, code_path,
    path || ' started a thread in ' || target_path || ' at ' || CASE code_path WHEN 'UNKNOWN' THEN 'code that lies in no module' WHEN '' THEN 'an address whose module is not told' ELSE code_path END AS summary
  FROM story WHERE api = 'CreateRemoteThread' AND arguments NOT LIKE 'start_address=0xffff%' AND NOT (code_path LIKE '%\kernel32.dll' AND path LIKE 'C:\Program Files%' AND target_path NOT LIKE '_:\Windows\%' AND target_path NOT LIKE '_:\Program Files%')
  UNION ALL
  SELECT eid, written || ',' || eid, 'redirection', process_key, target_process_key, rights, code_path, path || ' wrote into ' || target_path || ' and redirected its thread by ' || api
  FROM story WHERE api IN ('QueueUserAPC', 'SetThreadContext') AND time_ns - written_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, 'handle', process_key, target_process_key, rights, code_path,
    path || ' opened ' || target_path || ' to write into it, asked by ' || CASE code_path WHEN 'UNKNOWN' THEN 'code that lies in no module' WHEN '' THEN 'itself' ELSE code_path END
  FROM story WHERE EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND rights LIKE value ESCAPE '\')
    AND NOT (rights = 'PROCESS_ALL_ACCESS' AND (api_frames > 1 OR code_path = '' OR lower(target_name) IN (SELECT value FROM t WHERE element = 'ReadTarget')))
    AND (code_path = 'UNKNOWN' OR api_frames = 0 AND code_path <> '' OR is_child = 1 OR EXISTS (SELECT 1 FROM t WHERE element = 'InjectedProcessList' AND target_path LIKE value ESCAPE '\'))
  UNION ALL
  SELECT eid, eid, 'tampering', coalesce(nullif(parent_process_key, ''), process_key), process_key, rights, code_path, 'The image of ' || path || ' in memory is not its file (' || substr(arguments, 6) || ')'
  FROM story WHERE api = 'ProcessTampering' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TamperingAllowlist' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, how, CASE WHEN how IN ('told', 'runtime') THEN process_key ELSE parent_process_key END, process_key, '', '', CASE how WHEN 'child' THEN parent_path || ', which starts none, started ' || path
    WHEN 'told' THEN path || ' is told to put a library into another process: ' || cmdline WHEN 'runtime' THEN path || ', which has no managed code, loaded ' || target_path ELSE coalesce(nullif(parent_path, ''), 'A process') || ' started ' || path || CASE how WHEN 'stranger' THEN ', which only Windows does' ELSE ' without the arguments it always has' END END FROM started WHERE how IS NOT NULL
  UNION ALL
  SELECT eid, eid, how, coalesce(nullif(process_key, ''), eid), CASE how WHEN 'pipe' THEN process_key ELSE '' END, '', coalesce(library, ''), coalesce(nullif(path, ''), 'An interpreter') || CASE how WHEN 'script' THEN ' runs a script that writes into another process and runs it there'
    WHEN 'pipe' THEN ' made the pipe ' || target_path || ', by which injected code reports' ELSE ' names a library that Windows puts into other programs: ' || library END
  FROM texts WHERE how <> 'library' OR library LIKE '%_:\%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'LibraryFolders' AND library LIKE value ESCAPE '\')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY actor, victim ORDER BY eid) AS place, max(CASE how WHEN 'told' THEN eid END) OVER (PARTITION BY actor ORDER BY eid) AS told FROM found
)
SELECT eid, eids, summary, how, rights, code_path FROM ranked WHERE place = 1 AND coalesce(told, eid) = eid
