-- id: T1106-30
-- name: Script impersonates a token
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names a way to take or use the token of another. Finds what Elastic rule
--   11dd9713-0ec6-4110-9707-32daae1ee68c finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   Calls | text | word | Invoke-TokenManipulation | apiwatch | One of these is enough.
--   Calls | text | word | ImpersonateNamedPipeClient | apiwatch | One of these is enough.
--   Calls | text | word | NtImpersonateThread | apiwatch | One of these is enough.
--   ParentTerms | text | word | STARTUPINFOEX | apiwatch | All of these together.
--   ParentTerms | text | word | UpdateProcThreadAttribute | apiwatch | All of these together.
--   PrivilegeTerms | text | word | AdjustTokenPrivileges | apiwatch | All of these together.
--   PrivilegeTerms | text | word | SeDebugPrivilege | apiwatch | All of these together.
--   DuplicateFunctions | text | word | DuplicateToken | apiwatch | One of these with one of UseFunctions.
--   DuplicateFunctions | text | word | DuplicateTokenEx | apiwatch | One of these with one of UseFunctions.
--   UseFunctions | text | word | SetThreadToken | apiwatch | One of these with one of DuplicateFunctions.
--   UseFunctions | text | word | ImpersonateLoggedOnUser | apiwatch | One of these with one of DuplicateFunctions.
--   UseFunctions | text | word | CreateProcessWithTokenW | apiwatch | One of these with one of DuplicateFunctions.
--   UseFunctions | text | word | CreatePRocessAsUserW | apiwatch | One of these with one of DuplicateFunctions.
--   UseFunctions | text | word | CreateProcessAsUserA | apiwatch | One of these with one of DuplicateFunctions.
--   ServiceUsers | text | SID | S-1-5-18 | rule | Users whose scripts in ServiceScripts are not looked at, by SID.
--   ServiceUsers | text | SID | S-1-5-19 | rule | Users whose scripts in ServiceScripts are not looked at, by SID.
--   ServiceUsers | text | SID | S-1-5-20 | rule | Users whose scripts in ServiceScripts are not looked at, by SID.
--   ServiceScripts | like | script path | C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\Downloads\\% | rule | Scripts of ServiceUsers that are not looked at.
--   ScriptPathsExcluded | like | script path | C:\\Program Files\\HPConnect\\hp-cmsl-wl\\modules\\HP.Notifications\\HP.Notifications.psm1 | rule | Script files that are not looked at where they have one of ScriptWordsExcluded.
--   ScriptWordsExcluded | text | word | New-HPPrivateToastNotificationLogo | rule | Words of ScriptPathsExcluded.
--   BreakpointWords | text | word | sentinelbreakpoints | rule | A script that has all of these is not looked at: a script that sets breakpoints on such tools.
--   BreakpointWords | text | word | Set-PSBreakpoint | rule | A script that has all of these is not looked at: a script that sets breakpoints on such tools.
--   BreakpointWords | text | word | PowerSploitIndicators | rule | A script that has all of these is not looked at: a script that sets breakpoints on such tools.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/privilege_escalation_posh_token_impersonation.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-30'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element IN ('Calls', 'ParentTerms', 'PrivilegeTerms', 'DuplicateFunctions', 'UseFunctions'))
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('Calls', 'ParentTerms', 'PrivilegeTerms', 'DuplicateFunctions', 'UseFunctions') AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'Calls' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentTerms' AND NOT (instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'PrivilegeTerms' AND NOT (instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    OR EXISTS (SELECT 1 FROM t WHERE element = 'DuplicateFunctions' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'UseFunctions' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    AND NOT (b.user_sid IN (SELECT value FROM t WHERE element = 'ServiceUsers')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ServiceScripts' AND b.script_path LIKE value ESCAPE '\'))
    AND NOT (EXISTS (SELECT 1 FROM t WHERE element = 'ScriptPathsExcluded' AND b.script_path LIKE value ESCAPE '\')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'ScriptWordsExcluded' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    AND NOT (NOT EXISTS (SELECT 1 FROM t WHERE element = 'BreakpointWords' AND NOT (instr(b.text, lower(value)))) AND EXISTS (SELECT 1 FROM t WHERE element = 'BreakpointWords'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
