-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0838'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, code_path, call_trace, is_self, process_key, path, parent_path, target_path
  FROM process_modifications WHERE code_system_path = 0 AND api NOT IN ('CreateRemoteThread', 'ProcessTampering')
),
runtime AS MATERIALIZED (
  SELECT eid, process_key, path, cmdline, parent_path, target_path AS module_path FROM api_calls
  WHERE object_name IN (SELECT value FROM t WHERE element = 'RuntimeModule') AND api IN ('LoadLibrary', 'CreateFile')
),
told AS MATERIALIZED (
  SELECT eid, api, computer, process_key, path, parent_path, target_path, arguments FROM api_calls
  WHERE api IN ('AssemblyLoadImage', 'ScriptBlock', 'AmsiScanBuffer', 'CreateProcess') AND arguments_like IN (SELECT value FROM t WHERE element IN ('LoadFromBytes', 'RunFromBytes') UNION SELECT 'flags=%')
),
memory AS (
  SELECT * FROM touched WHERE is_self = 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'MemoryRegionPermissions' AND arguments || ' ' LIKE '% protect=' || value || ' %' ESCAPE '\')
),
started AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, parent_path FROM api_calls
  WHERE process_key IN (SELECT process_key FROM memory) AND api = 'CreateThread' LIMIT -EXISTS (SELECT 1 FROM memory)
),
story AS (
  SELECT eid, time_ns, process_key, 0 AS is_thread, '' AS path, '' AS parent_path FROM memory
  UNION ALL
  SELECT eid, time_ns, process_key, 1, path, parent_path FROM started
),
sequence AS (
  SELECT *, max(CASE WHEN NOT is_thread THEN eid END) OVER own AS memory_eid, max(CASE WHEN NOT is_thread THEN time_ns END) OVER own AS memory_ns
  FROM story WINDOW own AS (PARTITION BY process_key ORDER BY eid)
),
found AS (
  SELECT eid, eid AS eids, process_key, path, parent_path, 'unbacked_caller' AS how, call_trace AS evidence,
    'Code of ' || path || ' that lies in no module opened ' || target_path AS summary
  FROM touched WHERE code_path = 'UNKNOWN' AND is_self = 0 AND NOT (arguments = 'access=PROCESS_QUERY_LIMITED_INFORMATION' AND lower(path) = 'c:\windows\system32\svchost.exe') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ManagedCode' AND call_trace LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, process_key, path, parent_path, 'foreign_runtime', module_path, path || ', which has no managed code, ' || CASE WHEN module_path LIKE '%.log' THEN 'hosted the .NET runtime: ' ELSE 'loaded ' END || module_path
  FROM runtime WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'NativeProgram' AND path LIKE value ESCAPE '\') OR path LIKE 'C:\Windows\S%\svchost.exe' AND module_path LIKE '%.log')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryHost' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, coalesce(nullif(process_key, ''), computer), path, parent_path, 'assembly', target_path, coalesce(nullif(path, ''), 'A process') || ' loaded the assembly ' || target_path || ' from memory'
  FROM told WHERE api = 'AssemblyLoadImage'
  UNION ALL
  SELECT eid, memory_eid || ',' || eid, process_key, path, parent_path, 'own_thread', '', path || ' made memory executable and started a thread'
  FROM sequence WHERE is_thread AND time_ns - memory_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, coalesce(nullif(process_key, ''), computer), path, parent_path, 'script', substr(arguments, max(1, instr(arguments, 'Load') - 60), 120),
    'A script of ' || coalesce(nullif(path, ''), 'an interpreter') || CASE WHEN EXISTS (SELECT 1 FROM t WHERE element = 'LoadFromBytes' AND arguments LIKE value ESCAPE '\')
      THEN ' loaded an assembly from bytes' ELSE ' runs code that it puts into its own memory' END
  FROM told WHERE api <> 'AssemblyLoadImage'
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM found
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessWhitelist' AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\'))
)
SELECT eid, eids, summary, how, evidence FROM ranked WHERE place = 1
