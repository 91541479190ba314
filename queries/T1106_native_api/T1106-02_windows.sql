-- id: T1106-02
-- name: Script names a core Windows library
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names one of the libraries that hold the Windows API. Finds what Sigma rule
--   19d65a1c-8540-4140-8062-8eb00db0bba5 finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   Libraries | text | part of the text | Advapi32.dll | apiwatch | Names of libraries.
--   Libraries | text | part of the text | kernel32.dll | apiwatch | Names of libraries.
--   Libraries | text | part of the text | KernelBase.dll | apiwatch | Names of libraries.
--   Libraries | text | part of the text | ntdll.dll | apiwatch | Names of libraries.
--   Libraries | text | part of the text | secur32.dll | apiwatch | Names of libraries.
--   Libraries | text | part of the text | user32.dll | apiwatch | Names of libraries.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules-threat-hunting/windows/powershell/powershell_script/posh_ps_win_api_functions_access.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-02'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element = 'Libraries')
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('Libraries') AND instr(b.text, lower(value))) AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'Libraries' AND instr(b.text, lower(value))))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
