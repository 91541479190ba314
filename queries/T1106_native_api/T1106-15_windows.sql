-- id: T1106-15
-- name: Script records sound
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names a way to record from the microphone. Finds what Elastic rule
--   2f2f4939-0b34-40c2-a0a3-844eb7889f43 finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Cmdlets | text | word | Get-MicrophoneAudio | apiwatch | One of these is enough.
--   Cmdlets | text | word | WindowsAudioDevice-Powershell-Cmdlet | apiwatch | One of these is enough.
--   DeviceCmdlets | text | word | Get-AudioDevice | apiwatch | All of these together.
--   DeviceCmdlets | text | word | Recording | apiwatch | All of these together.
--   DeviceCmdlets | text | word | Set-AudioDevice | apiwatch | All of these together.
--   Library | text | word | winmm.dll | apiwatch | The library, with one of WaveFunctions.
--   WaveFunctions | text | word | waveInGetNumDevs | apiwatch | One of these with the library.
--   WaveFunctions | text | word | waveInOpen | apiwatch | One of these with the library.
--   WaveFunctions | text | word | waveInStart | apiwatch | One of these with the library.
--   WaveFunctions | text | word | mciSendString | apiwatch | One of these with the library.
--   WaveFunctions | text | word | mciSendStringA | apiwatch | One of these with the library.
--   WaveFunctions | text | word | mciSendStringW | apiwatch | One of these with the library.
--   BreakpointWords | text | word | sentinelbreakpoints | rule | A script that has all of these is not looked at: a script that sets breakpoints on such tools.
--   BreakpointWords | text | word | Set-PSBreakpoint | rule | A script that has all of these is not looked at: a script that sets breakpoints on such tools.
--   BreakpointWords | text | word | PowerSploitIndicators | rule | A script that has all of these is not looked at: a script that sets breakpoints on such tools.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/collection_posh_audio_capture.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-15'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element IN ('Cmdlets', 'DeviceCmdlets', 'Library', 'WaveFunctions'))
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('Cmdlets', 'DeviceCmdlets', 'Library', 'WaveFunctions') AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'Cmdlets' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'DeviceCmdlets' AND NOT (instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    OR EXISTS (SELECT 1 FROM t WHERE element = 'Library' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AND EXISTS (SELECT 1 FROM t WHERE element = 'WaveFunctions' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    AND NOT (NOT EXISTS (SELECT 1 FROM t WHERE element = 'BreakpointWords' AND NOT (instr(b.text, lower(value)))) AND EXISTS (SELECT 1 FROM t WHERE element = 'BreakpointWords'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
