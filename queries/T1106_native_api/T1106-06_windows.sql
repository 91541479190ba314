-- id: T1106-06
-- name: Script names a whole chain of API functions
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names every function of one of five chains: remote injection, token theft, token
--   duplication, reading and writing a process, local shellcode. Finds what Sigma rule
--   03d83090-8cba-44a0-b02f-0b756a050306 finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   InjectionFunctions | text | part of the text | VirtualAlloc | apiwatch | All of these together.
--   InjectionFunctions | text | part of the text | OpenProcess | apiwatch | All of these together.
--   InjectionFunctions | text | part of the text | WriteProcessMemory | apiwatch | All of these together.
--   InjectionFunctions | text | part of the text | CreateRemoteThread | apiwatch | All of these together.
--   TokenStealFunctions | text | part of the text | OpenProcessToken | apiwatch | All of these together.
--   TokenStealFunctions | text | part of the text | LookupPrivilegeValue | apiwatch | All of these together.
--   TokenStealFunctions | text | part of the text | AdjustTokenPrivileges | apiwatch | All of these together.
--   TokenDuplicateFunctions | text | part of the text | OpenProcessToken | apiwatch | All of these together.
--   TokenDuplicateFunctions | text | part of the text | DuplicateTokenEx | apiwatch | All of these together.
--   TokenDuplicateFunctions | text | part of the text | CloseHandle | apiwatch | All of these together.
--   WriteReadFunctions | text | part of the text | WriteProcessMemory | apiwatch | All of these together.
--   WriteReadFunctions | text | part of the text | VirtualAlloc | apiwatch | All of these together.
--   WriteReadFunctions | text | part of the text | ReadProcessMemory | apiwatch | All of these together.
--   WriteReadFunctions | text | part of the text | VirtualFree | apiwatch | All of these together.
--   LocalShellcodeFunctions | text | part of the text | VirtualAlloc | apiwatch | All of these together.
--   LocalShellcodeFunctions | text | part of the text | GetDelegateForFunctionPointer | apiwatch | All of these together.
--   LocalShellcodeFunctions | text | part of the text | Marshal.Copy | apiwatch | All of these together.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/powershell/powershell_script/posh_ps_win_api_susp_access.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-06'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element IN ('InjectionFunctions', 'TokenStealFunctions', 'TokenDuplicateFunctions', 'WriteReadFunctions', 'LocalShellcodeFunctions'))
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('InjectionFunctions', 'TokenStealFunctions', 'TokenDuplicateFunctions', 'WriteReadFunctions', 'LocalShellcodeFunctions') AND instr(b.text, lower(value))) AS matched
  FROM blocks AS b
  WHERE ((NOT EXISTS (SELECT 1 FROM t WHERE element = 'InjectionFunctions' AND NOT (instr(b.text, lower(value)))))
    OR (NOT EXISTS (SELECT 1 FROM t WHERE element = 'TokenStealFunctions' AND NOT (instr(b.text, lower(value)))))
    OR (NOT EXISTS (SELECT 1 FROM t WHERE element = 'TokenDuplicateFunctions' AND NOT (instr(b.text, lower(value)))))
    OR (NOT EXISTS (SELECT 1 FROM t WHERE element = 'WriteReadFunctions' AND NOT (instr(b.text, lower(value)))))
    OR (NOT EXISTS (SELECT 1 FROM t WHERE element = 'LocalShellcodeFunctions' AND NOT (instr(b.text, lower(value))))))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
