-- id: T1106-14
-- name: Command line names an API function
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A command line names a function or library of the Windows API. Finds what Sigma rule
--   ba3f5c1b-6272-4119-9dbd-0bc8d21c2702 finds.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: process_starts
-- extra:
-- pyramid_level: 3
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Functions | text | part of the command line | AddSecurityPackage | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | AdjustTokenPrivileges | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | Advapi32 | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | CloseHandle | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | CreateProcessWithToken | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | CreatePseudoConsole | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | CreateRemoteThread | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | CreateThread | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | CreateUserThread | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | DangerousGetHandle | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | DuplicateTokenEx | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | EnumerateSecurityPackages | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | FreeHGlobal | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | FreeLibrary | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | GetDelegateForFunctionPointer | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | GetLogonSessionData | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | GetModuleHandle | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | GetProcAddress | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | GetProcessHandle | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | GetTokenInformation | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | ImpersonateLoggedOnUser | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | kernel32 | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | LoadLibrary | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | memcpy | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | MiniDumpWriteDump | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | ntdll | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | OpenDesktop | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | OpenProcess | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | OpenProcessToken | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | OpenThreadToken | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | OpenWindowStation | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | PtrToString | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | QueueUserApc | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | ReadProcessMemory | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | RevertToSelf | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | RtlCreateUserThread | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | secur32 | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | SetThreadToken | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | VirtualAlloc | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | VirtualFree | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | VirtualProtect | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | WaitForSingleObject | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | WriteInt32 | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | WriteProcessMemory | apiwatch | Names of functions and libraries.
--   Functions | text | part of the command line | ZeroFreeGlobalAllocUnicode | apiwatch | Names of functions and libraries.
--   DefenderCommands | text | part of the command line | GetLoadLibraryWAddress32 | rule | What MpCmdRun is given in ordinary work.
--   TelemetryCommands | text | part of the command line | FreeHGlobal | rule | What CompatTelRunner gives its scripts.
--   TelemetryCommands | text | part of the command line | PtrToString | rule | What CompatTelRunner gives its scripts.
--   TelemetryCommands | text | part of the command line | kernel32 | rule | What CompatTelRunner gives its scripts.
--   TelemetryCommands | text | part of the command line | CloseHandle | rule | What CompatTelRunner gives its scripts.
-- benign:
--   Build tools that are given names of functions or libraries.
-- limits:
--   Security 4688 holds the command line only where process creation auditing is set to include it.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/process_creation/proc_creation_win_susp_inline_win_api_access.yml
WITH t AS MATERIALIZED (
  SELECT element, lower(value) AS value FROM detection_tuning WHERE analytic = 'T1106-14'
),
started AS MATERIALIZED (
  SELECT eid, computer, pid, path, cmdline, lower(cmdline) AS said, parent_path FROM process_starts
  WHERE cmdline_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element = 'Functions')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE NOT (s.path LIKE '%\MpCmdRun.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'DefenderCommands' AND instr(s.said, value)))
    AND NOT (s.parent_path LIKE '%\CompatTelRunner.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'TelemetryCommands' AND instr(s.said, value)))
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
