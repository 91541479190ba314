-- id: T1106-03
-- name: Script names a Windows API function
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names a function of the Windows API. Finds what Sigma rule
--   9f22ccd5-a435-453b-af96-bf99cbb594d4 finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   Functions | text | part of the text | AddSecurityPackage | apiwatch | Names of functions.
--   Functions | text | part of the text | AdjustTokenPrivileges | apiwatch | Names of functions.
--   Functions | text | part of the text | CloseHandle | apiwatch | Names of functions.
--   Functions | text | part of the text | CreateProcessWithToken | apiwatch | Names of functions.
--   Functions | text | part of the text | CreateRemoteThread | apiwatch | Names of functions.
--   Functions | text | part of the text | CreateThread | apiwatch | Names of functions.
--   Functions | text | part of the text | CreateUserThread | apiwatch | Names of functions.
--   Functions | text | part of the text | DangerousGetHandle | apiwatch | Names of functions.
--   Functions | text | part of the text | DuplicateTokenEx | apiwatch | Names of functions.
--   Functions | text | part of the text | EnumerateSecurityPackages | apiwatch | Names of functions.
--   Functions | text | part of the text | FreeLibrary | apiwatch | Names of functions.
--   Functions | text | part of the text | GetDelegateForFunctionPointer | apiwatch | Names of functions.
--   Functions | text | part of the text | GetLogonSessionData | apiwatch | Names of functions.
--   Functions | text | part of the text | GetModuleHandle | apiwatch | Names of functions.
--   Functions | text | part of the text | GetProcAddress | apiwatch | Names of functions.
--   Functions | text | part of the text | GetProcessHandle | apiwatch | Names of functions.
--   Functions | text | part of the text | GetTokenInformation | apiwatch | Names of functions.
--   Functions | text | part of the text | ImpersonateLoggedOnUser | apiwatch | Names of functions.
--   Functions | text | part of the text | LoadLibrary | apiwatch | Names of functions.
--   Functions | text | part of the text | memcpy | apiwatch | Names of functions.
--   Functions | text | part of the text | MiniDumpWriteDump | apiwatch | Names of functions.
--   Functions | text | part of the text | OpenDesktop | apiwatch | Names of functions.
--   Functions | text | part of the text | OpenProcess | apiwatch | Names of functions.
--   Functions | text | part of the text | OpenProcessToken | apiwatch | Names of functions.
--   Functions | text | part of the text | OpenThreadToken | apiwatch | Names of functions.
--   Functions | text | part of the text | OpenWindowStation | apiwatch | Names of functions.
--   Functions | text | part of the text | QueueUserApc | apiwatch | Names of functions.
--   Functions | text | part of the text | ReadProcessMemory | apiwatch | Names of functions.
--   Functions | text | part of the text | RevertToSelf | apiwatch | Names of functions.
--   Functions | text | part of the text | RtlCreateUserThread | apiwatch | Names of functions.
--   Functions | text | part of the text | SetThreadToken | apiwatch | Names of functions.
--   Functions | text | part of the text | VirtualAlloc | apiwatch | Names of functions.
--   Functions | text | part of the text | VirtualFree | apiwatch | Names of functions.
--   Functions | text | part of the text | VirtualProtect | apiwatch | Names of functions.
--   Functions | text | part of the text | WaitForSingleObject | apiwatch | Names of functions.
--   Functions | text | part of the text | WriteInt32 | apiwatch | Names of functions.
--   Functions | text | part of the text | WriteProcessMemory | apiwatch | Names of functions.
--   Functions | text | part of the text | ZeroFreeGlobalAllocUnicode | apiwatch | Names of functions.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules-threat-hunting/windows/powershell/powershell_script/posh_ps_win_api_library_access.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-03'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element = 'Functions')
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('Functions') AND instr(b.text, lower(value))) AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'Functions' AND instr(b.text, lower(value))))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
