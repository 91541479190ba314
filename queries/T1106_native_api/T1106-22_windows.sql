-- id: T1106-22
-- name: Script enumerates network shares
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names a way to list the shares of other machines. Finds what Elastic rule
--   4c59cff1-b78a-41b8-a9f1-4231984d1fb6 finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Cmdlets | text | word | Invoke-ShareFinder | apiwatch | One of these is enough.
--   Cmdlets | text | word | Invoke-ShareFinderThreaded | apiwatch | One of these is enough.
--   ShareFields | text | word | shi1_netname | apiwatch | All of these together.
--   ShareFields | text | word | shi1_remark | apiwatch | All of these together.
--   ShareFunctions | text | word | NetShareEnum | apiwatch | All of these together.
--   ShareFunctions | text | word | NetApiBufferFree | apiwatch | All of these together.
--   UsersExcluded | text | SID | S-1-5-18 | rule | Users whose scripts are not looked at, by SID.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/discovery_posh_invoke_sharefinder.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-22'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element IN ('Cmdlets', 'ShareFields', 'ShareFunctions'))
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('Cmdlets', 'ShareFields', 'ShareFunctions') AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'Cmdlets' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'ShareFields' AND NOT (instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'ShareFunctions' AND NOT (instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')))
    AND b.user_sid NOT IN (SELECT value FROM t WHERE element = 'UsersExcluded')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
