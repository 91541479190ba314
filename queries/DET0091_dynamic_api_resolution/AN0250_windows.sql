-- id: AN0250
-- name: Functions looked up at run time by code in memory or by a script
-- strategy: DET0091
-- technique: T1027.007
-- tactics: Defense Evasion
-- platform: windows
-- description: A script looks addresses of functions up and makes them callable or reads the exports of a library by
--   itself, or a process loads libraries after code of it that lies in no module has shown itself by a call, or after a
--   program outside the system folders has made memory of its own executable.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Kernel-Process
-- tables: api_calls, process_accesses, script_blocks, memory_protections
-- extra: how, evidence
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   APILoadWithoutImport | like | script text | %GetDelegateForFunctionPointer% | APILoadWithoutImport | Scripts, holding a lookup by GetProcAddress or the like, that make what they looked up callable.
--   APILoadWithoutImport | like | script text | %UnsafeNativeMethods% | APILoadWithoutImport | Scripts, holding a lookup by GetProcAddress or the like, that make what they looked up callable.
--   APILoadWithoutImport | like | script text | %DefinePInvokeMethod% | APILoadWithoutImport | Scripts, holding a lookup by GetProcAddress or the like, that make what they looked up callable.
--   APILoadWithoutImport | like | script text | %DllImport%LoadLibrary% | APILoadWithoutImport | Scripts, holding a lookup by GetProcAddress or the like, that make what they looked up callable.
--   APILoadWithoutImport | like | script text | %LoadLibrary%DllImport% | APILoadWithoutImport | Scripts, holding a lookup by GetProcAddress or the like, that make what they looked up callable.
--   TimeWindow | window | seconds | 60 | TimeWindow | Longest time from the sign of code in memory to the load of a library.
--   EntropyThreshold | count | constants | 0 | EntropyThreshold | Least number of hexadecimal constants in the script, which hashed names need; entropy of strings is in no event.
--   StackTraceFilter | like | call trace | %\\clr.dll+% | StackTraceFilter | Traces of code that a runtime compiles, which lies in no module by right.
--   StackTraceFilter | like | call trace | %\\coreclr.dll+% | StackTraceFilter | Traces of code that a runtime compiles, which lies in no module by right.
--   StackTraceFilter | like | call trace | %\\mscorwks.dll+% | StackTraceFilter | Traces of code that a runtime compiles, which lies in no module by right.
--   StackTraceFilter | like | call trace | %.ni.dll+% | StackTraceFilter | Traces of code that a runtime compiles, which lies in no module by right.
--   StackTraceFilter | like | call trace | %\\jvm.dll+% | StackTraceFilter | Traces of code that a runtime compiles, which lies in no module by right.
--   StackTraceFilter | like | call trace | %UNKNOWN(00007FF% | StackTraceFilter | Traces of code that a runtime compiles, which lies in no module by right.
--   ExportWalks | like | script text | %0x3C%PtrToStringAnsi% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %PtrToStringAnsi%0x3C% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %e\_lfanew%PtrToStringAnsi% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %AddressOfNames% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %IMAGE\_EXPORT\_DIRECTORY% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %.Modules%BaseAddress%GetDelegateForFunctionPointer% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %GetDelegateForFunctionPointer%.Modules%BaseAddress% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %GetLibraryAddress% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %GetExportAddress% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %DynamicAPIInvoke% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %DynamicFunctionInvoke% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %LdrGetProcedureAddress% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %GetSyscallStub% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %InMemoryOrderModuleList% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %GetDelegateForFunctionPointer(%VirtualAlloc% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
--   ExportWalks | like | script text | %GetDelegateForFunctionPointer(%CreateThread% | apiwatch | Scripts that read a library's exports by themselves, as those do that know functions by a hash of their names.
-- benign:
--   Modules of PowerShell that call native functions by reflection.
--   Programs with a compiler at run time outside the system folders, which load libraries as they go.
-- limits:
--   Code in no module needs WinEventLog:Sysmon's event 10 with its call trace, libraries Sysmon's 7 or etw:Microsoft-Windows-Kernel-Process, scripts WinEventLog:PowerShell
--   or AMSI; own memory shows in the trace of Microsoft-Windows-Threat-Intelligence alone.
--   A lookup by GetProcAddress or by a hash of the name raises no event; the load of a library that was not there does.
--   Code that uses only libraries that are loaded already is not seen.
--   A process under a compiler at run time, whose traces StackTraceFilter leaves out, can hide such code.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0091
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0250'
),
script AS MATERIALIZED (
  SELECT eid, process_key, block_id, path, host_application, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('APILoadWithoutImport', 'ExportWalks'))
),
unbacked AS MATERIALIZED (
  SELECT eid, time_ns, process_key, call_trace FROM process_accesses WHERE code_path = 'UNKNOWN' AND is_self = 0
),
memory AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM memory_protections
  WHERE api IN ('VirtualAlloc', 'VirtualProtect', 'MapViewOfFile') AND is_executable = 1 AND system_path = 0
),
hidden AS (
  SELECT eid, time_ns, process_key FROM unbacked WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'StackTraceFilter' AND call_trace LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key FROM memory
),
loaded AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, target_path FROM api_calls
  WHERE process_key IN (SELECT process_key FROM hidden) AND api = 'LoadLibrary' LIMIT -EXISTS (SELECT 1 FROM hidden)
),
story AS (
  SELECT eid, time_ns, process_key, '' AS path, '' AS module, 0 AS is_load FROM hidden
  UNION ALL
  SELECT eid, time_ns, process_key, path, target_path, 1 FROM loaded
),
told AS (
  SELECT *, max(CASE WHEN NOT is_load THEN eid END) OVER own AS hidden_eid, max(CASE WHEN NOT is_load THEN time_ns END) OVER own AS hidden_ns
  FROM story WINDOW own AS (PARTITION BY process_key ORDER BY eid)
),
found AS (
  SELECT eid, hidden_eid || ',' || eid AS eids, process_key AS actor, 'late_library' AS how, module AS evidence,
    path || ' loaded ' || module || ' after code of it in no module had shown itself' AS summary
  FROM told WHERE is_load AND time_ns - hidden_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, coalesce(nullif(process_key, ''), block_id), 'script', substr(script_text, max(1, instr(script_text, 'GetProc') - 40), 120),
    'A script of ' || coalesce(nullif(path, ''), nullif(host_application, ''), 'an interpreter') || ' looks functions up at run time and makes them callable'
  FROM script WHERE (script_text LIKE '%GetProc%Address%' AND EXISTS (SELECT 1 FROM t WHERE element = 'APILoadWithoutImport' AND script_text LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ExportWalks' AND script_text LIKE value ESCAPE '\'))
    AND (length(script_text) - length(replace(lower(script_text), '0x', ''))) / 2 >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'EntropyThreshold')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY actor, how ORDER BY eid) AS place FROM found
)
SELECT eid, eids, summary, how, evidence FROM ranked WHERE place = 1
