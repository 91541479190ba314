-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1076'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, rights, code_path, api_frames, is_child, process_key, path, target_process_key, target_path,
    CAST(regex_match(arguments, 'size=([0-9]+)', 1) AS INTEGER) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MemoryWriteSizeThreshold')
      AND api IN ('WriteProcessMemory', 'MapViewOfSection', 'VirtualAllocEx') AS is_write
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0
),
bare AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, parent_path FROM api_calls
  WHERE api = 'CreateProcess' AND name IN (SELECT lower(value) FROM t WHERE element = 'HollowedImageNamePattern') AND cmdline <> ''
    AND lower(rtrim(replace(cmdline, '"', ''))) IN (lower(path), lower(name), substr(lower(name), 1, length(name) - 4),
      'c:\windows\system32\' || lower(name), 'c:\windows\syswow64\' || lower(name))
    AND parent_path <> '' AND parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%'
),
story AS (
  SELECT *, max(CASE WHEN is_write THEN eid END) OVER pair AS written, max(CASE WHEN is_write THEN time_ns END) OVER pair AS written_ns
  FROM touched WHERE is_child = 1 WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
found AS (
  SELECT eid, written || ',' || eid AS eids, 'context' AS how, target_process_key AS victim, rights,
    path || ' wrote into its child ' || target_path || ' and redirected its thread by ' || api AS summary
  FROM story WHERE api IN (SELECT value FROM t WHERE element = 'SuspendedProcessStartFlag')
    AND time_ns - written_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_ProcessCreateToResume')
  UNION ALL
  SELECT eid, eid, 'thread', target_process_key, rights, path || ' started a thread in its child ' || target_path || ' at code that lies in no module'
  FROM story WHERE api = 'CreateRemoteThread' AND code_path = 'UNKNOWN' AND arguments NOT LIKE 'start_address=0xffff%'
  UNION ALL
  SELECT eid, eid, 'handle', target_process_key, rights, path || ' opened its child ' || target_path || ' anew with ' || replace(rights, 'PROCESS_', '')
  FROM story WHERE (rights LIKE '%PROCESS_VM_WRITE%' OR rights LIKE '%PROCESS_CREATE_THREAD%' OR rights = 'PROCESS_ALL_ACCESS' AND api_frames = 1)
  UNION ALL
  SELECT eid, eid, 'tampering', process_key, rights, 'The image of ' || path || ' in memory is not its file (' || substr(arguments, 6) || ')'
  FROM touched WHERE api = 'ProcessTampering' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TamperingAllowlist' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, 'bare_shell', process_key, '', parent_path || ' started ' || path || ' without arguments' FROM bare
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY victim ORDER BY eid) AS place FROM found
)
SELECT eid, eids, summary, how, rights FROM ranked WHERE place = 1
