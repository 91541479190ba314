-- id: T1106-05
-- name: WinPwn in a script
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names the WinPwn collection. Finds what Sigma rule
--   851fd622-b675-4d26-b803-14bc7baa517a finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: block_id
-- pyramid_level: 1
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Names | like | text | %Offline\_Winpwn% | apiwatch | Names by which the collection is loaded or run.
--   Names | like | text | %WinPwn % | apiwatch | Names by which the collection is loaded or run.
--   Names | like | text | %WinPwn.exe% | apiwatch | Names by which the collection is loaded or run.
--   Names | like | text | %WinPwn.ps1% | apiwatch | Names by which the collection is loaded or run.
-- benign:
--   None is known.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen.
--   A collection that is renamed; the names are those of the rule.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/powershell/powershell_script/posh_ps_hktl_winpwn.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-05'
),
hits AS (
  SELECT eid, block_id, script_text, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place FROM script_blocks
  WHERE what = 'block' AND script_text_like IN (SELECT value FROM t WHERE element = 'Names')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names the WinPwn collection: ' || substr(script_text, 1, 100) AS summary, block_id FROM hits WHERE place = 1
