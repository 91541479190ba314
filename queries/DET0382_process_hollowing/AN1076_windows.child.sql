WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1076'),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, rights, code_path, api_frames, process_key, path, target_process_key AS victim, target_path,
    api IN ('WriteProcessMemory', 'MapViewOfSection', 'VirtualAllocEx') AND CAST(regex_match(arguments, 'size=([0-9]+)', 1) AS INTEGER)
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MemoryWriteSizeThreshold') AS is_write
  FROM process_modifications WHERE is_child = 1 AND is_self = 0 AND code_system_path = 0
),
story AS (
  SELECT *, max(CASE WHEN is_write THEN eid END) OVER pair AS written, max(CASE WHEN is_write THEN time_ns END) OVER pair AS written_ns
  FROM touched WINDOW pair AS (PARTITION BY process_key, victim ORDER BY eid)
),
judged AS (
  SELECT *, CASE
    WHEN api IN (SELECT value FROM t WHERE element = 'SuspendedProcessStartFlag') AND time_ns - written_ns
      <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_ProcessCreateToResume') THEN 'context'
    WHEN api = 'CreateRemoteThread' AND code_path = 'UNKNOWN'
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KernelAddresses' AND arguments LIKE value ESCAPE '\') THEN 'thread'
    WHEN rights LIKE '%PROCESS\_VM\_WRITE%' ESCAPE '\' OR rights LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\'
      OR rights = 'PROCESS_ALL_ACCESS' AND api_frames = 1 THEN 'handle' END AS how
  FROM story
),
started AS MATERIALIZED (
  SELECT eid, process_key AS victim, path, parent_path, lower(path) AS program, lower(name) AS name,
    lower(rtrim(replace(cmdline, '"', ''))) AS said
  FROM api_calls
  WHERE name IN (SELECT lower(value) FROM t WHERE element = 'HollowedImageNamePattern') AND api = 'CreateProcess'
    AND cmdline <> '' AND parent_path <> ''
),
found AS (
  SELECT eid, CASE how WHEN 'context' THEN written || ',' ELSE '' END || eid AS eids, victim, how, rights, path || CASE how
    WHEN 'context' THEN ' wrote into its child ' || target_path || ' and redirected its thread by ' || api
    WHEN 'thread' THEN ' started a thread in its child ' || target_path || ' at code that lies in no module'
    ELSE ' opened its child ' || target_path || ' anew with ' || replace(rights, 'PROCESS_', '') END AS summary
  FROM judged WHERE how IS NOT NULL
  UNION ALL
  SELECT eid, eid, victim, 'bare_shell', '', parent_path || ' started ' || path || ' without arguments' FROM started
  WHERE (said IN (program, name, substr(name, 1, length(name) - 4))
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ShellFolders' AND said LIKE value || name ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND parent_path LIKE value ESCAPE '\')
)
SELECT eid, eids, summary, how, rights
FROM (SELECT *, row_number() OVER (PARTITION BY victim ORDER BY eid) AS place FROM found) WHERE place = 1
