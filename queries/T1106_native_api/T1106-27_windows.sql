-- id: T1106-27
-- name: Script builds API calls by reflection
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names a way to make types and API calls in memory. Finds what Elastic rule
--   56f2e9b5-4803-4e44-a0a4-a52dc79d57fe finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Terms | text | word | New-InMemoryModule | apiwatch | One of these is enough.
--   Terms | text | word | Add-Win32Type | apiwatch | One of these is enough.
--   Terms | text | word | psenum | apiwatch | One of these is enough.
--   Terms | text | word | DefineDynamicAssembly | apiwatch | One of these is enough.
--   Terms | text | word | DefineDynamicModule | apiwatch | One of these is enough.
--   Terms | text | word | Reflection.TypeAttributes | apiwatch | One of these is enough.
--   Terms | text | word | Reflection.Emit.OpCodes | apiwatch | One of these is enough.
--   Terms | text | word | Reflection.Emit.CustomAttributeBuilder | apiwatch | One of these is enough.
--   Terms | text | word | Runtime.InteropServices.DllImportAttribute | apiwatch | One of these is enough.
--   UsersExcluded | text | SID | S-1-5-18 | rule | Users whose scripts are not looked at, by SID.
--   ScriptPathsExcluded | like | script path | _:\\ProgramData\\MaaS360\\Cloud Extender\\AR\\Scripts\\ASModuleCommon.ps1 | rule | Script files that are not looked at.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/execution_posh_psreflect.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-27'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element = 'Terms')
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('Terms') AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'Terms' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    AND b.user_sid NOT IN (SELECT value FROM t WHERE element = 'UsersExcluded')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ScriptPathsExcluded' AND b.script_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
