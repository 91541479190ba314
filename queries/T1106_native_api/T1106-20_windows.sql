-- id: T1106-20
-- name: Script allocates and writes into a process
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names a function that allocates memory, loads or changes a token, and one that writes
--   memory or starts a thread. Finds what Elastic rule 2e29e96a-b67c-455a-afe4-de6183431d0d finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   MemoryFunctions | text | word | VirtualAlloc | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | VirtualAllocEx | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | VirtualProtect | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | LdrLoadDll | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | LoadLibrary | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | LoadLibraryA | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | LoadLibraryEx | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | GetProcAddress | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | OpenProcess | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | OpenProcessToken | apiwatch | One of these with one of ThreadFunctions.
--   MemoryFunctions | text | word | AdjustTokenPrivileges | apiwatch | One of these with one of ThreadFunctions.
--   ThreadFunctions | text | word | WriteProcessMemory | apiwatch | One of these with one of MemoryFunctions.
--   ThreadFunctions | text | word | CreateRemoteThread | apiwatch | One of these with one of MemoryFunctions.
--   ThreadFunctions | text | word | NtCreateThreadEx | apiwatch | One of these with one of MemoryFunctions.
--   ThreadFunctions | text | word | CreateThread | apiwatch | One of these with one of MemoryFunctions.
--   ThreadFunctions | text | word | QueueUserAPC | apiwatch | One of these with one of MemoryFunctions.
--   ThreadFunctions | text | word | SuspendThread | apiwatch | One of these with one of MemoryFunctions.
--   ThreadFunctions | text | word | ResumeThread | apiwatch | One of these with one of MemoryFunctions.
--   ThreadFunctions | text | word | GetDelegateForFunctionPointer | apiwatch | One of these with one of MemoryFunctions.
--   ScriptPathsExcluded | like | script path | _:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\DataCollection\\% | rule | Script files that are not looked at.
--   ScriptPathsExcluded | like | script path | C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\SenseCM\\% | rule | Script files that are not looked at.
--   ScriptPathsExcluded | like | script path | C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\Downloads\\% | rule | Script files that are not looked at.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/defense_evasion_posh_process_injection.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-20'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element IN ('MemoryFunctions', 'ThreadFunctions'))
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('MemoryFunctions', 'ThreadFunctions') AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'MemoryFunctions' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ThreadFunctions' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ScriptPathsExcluded' AND b.script_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
