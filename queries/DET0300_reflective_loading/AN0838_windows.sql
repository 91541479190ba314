-- id: AN0838
-- name: Code run from memory inside a process, without a file
-- strategy: DET0300
-- technique: T1620
-- tactics: Defense Evasion
-- platform: windows
-- description: Code that lies in no module opens or creates a process, a program without managed code loads the .NET runtime, a program
--   outside the system folders makes memory executable and starts a thread of its own in it, or a script loads an assembly
--   from bytes.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-DotNETRuntime
-- tables: api_calls, process_modifications, script_blocks
-- extra: how, evidence
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindow
-- tuning:
--   ParentProcessWhitelist | like | executable path | C:\\Program Files\\Microsoft Visual Studio\\% | ParentProcessWhitelist | Programs, and what they start, that run code from memory as their work.
--   ParentProcessWhitelist | like | executable path | C:\\Program Files (x86)\\Microsoft Visual Studio\\% | ParentProcessWhitelist | Programs, and what they start, that run code from memory as their work.
--   MemoryRegionPermissions | like | protection | PAGE\_EXECUTE\_READWRITE% | MemoryRegionPermissions | Protections of a process's own memory that are looked at.
--   MemoryRegionPermissions | like | protection | PAGE\_EXECUTE\_WRITECOPY% | MemoryRegionPermissions | Protections of a process's own memory that are looked at.
--   MemoryRegionPermissions | like | protection | PAGE\_EXECUTE\_READ | MemoryRegionPermissions | Protections of a process's own memory that are looked at.
--   TimeWindow | window | seconds | 30 | apiwatch | Longest time from the executable memory to the thread.
--   ManagedCode | like | call trace | %\\clr.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %\\coreclr.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %\\mscorwks.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %.ni.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %\\jvm.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %UNKNOWN(00007FF% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   RuntimeModule | text | module name | clr.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | coreclr.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | mscorwks.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | rundll32.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | regsvr32.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | wscript.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | cscript.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | mshta.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | cmstp.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | werfault.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | wermgr.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | notepad.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | spoolsv.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | lsass.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | winlogon.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | cmd.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   NativeProgram | like | executable path | C:\\Windows\\%\\notepad.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\notepad.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\rundll32.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\regsvr32.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\wscript.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\cscript.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\mshta.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\cmstp.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\WerFault.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\wermgr.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\spoolsv.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\lsass.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\winlogon.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\cmd.exe | apiwatch | Programs that hold no managed code and host none.
--   LoadFromBytes | like | script text | %Assembly]::Load($% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::Load(([% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::Load([% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::Load((New-Object% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %FromBase64String%Assembly%::Load(% | apiwatch | Scripts that load an assembly from bytes and not by its name.
-- benign:
--   Modules of PowerShell that bring their libraries along as bytes.
--   Scripts of administrators that use COM objects written in .NET from wscript or cscript.
--   A runtime that compiles code and that ManagedCode does not know, such as that of a game, starting a process.
-- limits:
--   Code in memory that neither reaches into another process, loads .NET nor makes memory executable in sight of an event raises none.
--   A call through a module that stands for the code, as stack spoofing does, looks like that module's.
--   Own memory shows in the trace of Microsoft-Windows-Threat-Intelligence only, own threads in that of Microsoft-Windows-Kernel-Process.
--   Managed code that loads more of itself from memory is not told from what every .NET program does.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0300
--   https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0838'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, code_path, call_trace, is_self, process_key, path, parent_path, target_path
  FROM process_modifications WHERE code_system_path = 0 AND api NOT IN ('CreateRemoteThread', 'ProcessTampering')
),
runtime AS MATERIALIZED (
  SELECT eid, process_key, path, parent_path, target_path AS module_path FROM api_calls
  WHERE object_name IN (SELECT value FROM t WHERE element = 'RuntimeModule') AND api IN ('LoadLibrary', 'CreateFile')
),
script AS MATERIALIZED (
  SELECT eid, process_key, block_id, path, parent_path, host_application, script_text FROM script_blocks WHERE script_text LIKE '%Assembly%::Load%'
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
told AS (
  SELECT *, max(CASE WHEN NOT is_thread THEN eid END) OVER own AS memory_eid, max(CASE WHEN NOT is_thread THEN time_ns END) OVER own AS memory_ns
  FROM story WINDOW own AS (PARTITION BY process_key ORDER BY eid)
),
found AS (
  SELECT eid, eid AS eids, process_key, path, parent_path, 'unbacked_caller' AS how, call_trace AS evidence,
    'Code of ' || path || ' that lies in no module opened ' || target_path AS summary
  FROM touched WHERE code_path = 'UNKNOWN' AND is_self = 0 AND NOT (arguments = 'access=PROCESS_QUERY_LIMITED_INFORMATION' AND lower(path) = 'c:\windows\system32\svchost.exe') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ManagedCode' AND call_trace LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, process_key, path, parent_path, 'foreign_runtime', module_path, path || ', which has no managed code, ' || CASE WHEN module_path LIKE '%.log' THEN 'hosted the .NET runtime: ' ELSE 'loaded ' END || module_path
  FROM runtime WHERE EXISTS (SELECT 1 FROM t WHERE element = 'NativeProgram' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, memory_eid || ',' || eid, process_key, path, parent_path, 'own_thread', '', path || ' made memory executable and started a thread'
  FROM told WHERE is_thread AND time_ns - memory_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, coalesce(nullif(process_key, ''), block_id), path, parent_path, 'script', substr(script_text, max(1, instr(script_text, '::Load') - 60), 120),
    'A script of ' || coalesce(nullif(path, ''), nullif(host_application, ''), 'an interpreter') || ' loaded an assembly from bytes'
  FROM script WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LoadFromBytes' AND script_text LIKE value ESCAPE '\')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM found
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessWhitelist' AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\'))
)
SELECT eid, eids, summary, how, evidence FROM ranked WHERE place = 1
