-- id: T1106-16
-- name: Script reads the keyboard
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names a function that reads the state of keys, or one that hooks input together with
--   what a hook is for. Finds what Elastic rule bd2c86a0-8b61-4457-ab38-96943984e889 finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   KeyStateFunctions | text | word | GetAsyncKeyState | apiwatch | One of these is enough.
--   KeyStateFunctions | text | word | NtUserGetAsyncKeyState | apiwatch | One of these is enough.
--   KeyStateFunctions | text | word | GetKeyboardState | apiwatch | One of these is enough.
--   KeyStateFunctions | text | word | Get-Keystrokes | apiwatch | One of these is enough.
--   HookFunctions | text | word | SetWindowsHookEx | apiwatch | One of these with one of HookTerms.
--   HookFunctions | text | word | SetWindowsHookExA | apiwatch | One of these with one of HookTerms.
--   HookFunctions | text | word | SetWindowsHookExW | apiwatch | One of these with one of HookTerms.
--   HookFunctions | text | word | NtUserSetWindowsHookEx | apiwatch | One of these with one of HookTerms.
--   HookTerms | text | word | GetForegroundWindow | apiwatch | One of these with one of HookFunctions.
--   HookTerms | text | word | GetWindowTextA | apiwatch | One of these with one of HookFunctions.
--   HookTerms | text | word | GetWindowTextW | apiwatch | One of these with one of HookFunctions.
--   HookTerms | text | word | WM_KEYBOARD_LL | apiwatch | One of these with one of HookFunctions.
--   HookTerms | text | word | WH_MOUSE_LL | apiwatch | One of these with one of HookFunctions.
--   HookTerms | text | word | WH_KEYBOARD_LL | apiwatch | One of these with one of HookFunctions.
--   HookTerms | text | word | LowLevelKeyboardProc | apiwatch | One of these with one of HookFunctions.
--   HookTerms | text | word | CallNextHookEx | apiwatch | One of these with one of HookFunctions.
--   UsersExcluded | text | SID | S-1-5-18 | rule | Users whose scripts are not looked at, by SID.
--   BreakpointWords | text | word | sentinelbreakpoints | rule | A script that has all of these is not looked at: a script that sets breakpoints on such tools.
--   BreakpointWords | text | word | Set-PSBreakpoint | rule | A script that has all of these is not looked at: a script that sets breakpoints on such tools.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/collection_posh_keylogger.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-16'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element IN ('KeyStateFunctions', 'HookFunctions', 'HookTerms'))
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('KeyStateFunctions', 'HookFunctions', 'HookTerms') AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'KeyStateFunctions' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'HookFunctions' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AND EXISTS (SELECT 1 FROM t WHERE element = 'HookTerms' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    AND b.user_sid NOT IN (SELECT value FROM t WHERE element = 'UsersExcluded')
    AND NOT (NOT EXISTS (SELECT 1 FROM t WHERE element = 'BreakpointWords' AND NOT (instr(b.text, lower(value)))) AND EXISTS (SELECT 1 FROM t WHERE element = 'BreakpointWords'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
