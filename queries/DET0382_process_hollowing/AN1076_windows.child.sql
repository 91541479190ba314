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
judged AS MATERIALIZED (
  SELECT *, CASE
    WHEN api IN (SELECT value FROM t WHERE element = 'SuspendedProcessStartFlag') AND time_ns - written_ns
      <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_ProcessCreateToResume') THEN 'context'
    WHEN api = 'CreateRemoteThread' AND code_path = 'UNKNOWN'
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KernelAddresses' AND arguments LIKE value ESCAPE '\') THEN 'thread'
    WHEN rights LIKE '%PROCESS\_VM\_WRITE%' ESCAPE '\' OR rights LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\'
      OR rights = 'PROCESS_ALL_ACCESS' AND api_frames = 1 THEN 'handle' END AS how
  FROM story
),
-- A shell that was started bare is told by that.
bare AS MATERIALIZED (
  SELECT process_key FROM (
    SELECT process_key, parent_path, lower(path) AS program, lower(name) AS name, lower(rtrim(replace(cmdline, '"', ''))) AS said
    FROM api_calls
    WHERE process_key IN (SELECT victim FROM judged WHERE how IS NOT NULL) AND api = 'CreateProcess' AND parent_path <> ''
      AND name IN (SELECT lower(value) FROM t WHERE element = 'HollowedImageNamePattern')
    LIMIT -EXISTS (SELECT 1 FROM judged WHERE how IS NOT NULL))
  WHERE (said IN (program, name, substr(name, 1, length(name) - 4))
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ShellFolders' AND said LIKE value || name ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND parent_path LIKE value ESCAPE '\')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY victim ORDER BY eid) AS place FROM judged
  WHERE how IS NOT NULL AND victim NOT IN (SELECT process_key FROM bare)
)
SELECT eid, CASE how WHEN 'context' THEN written || ',' ELSE '' END || eid AS eids, path || CASE how
    WHEN 'context' THEN ' wrote into its child ' || target_path || ' and redirected its thread by ' || api
    WHEN 'thread' THEN ' started a thread in its child ' || target_path || ' at code that lies in no module'
    ELSE ' opened its child ' || target_path || ' anew with ' || replace(rights, 'PROCESS_', '') END AS summary, how, rights
FROM told WHERE place = 1
