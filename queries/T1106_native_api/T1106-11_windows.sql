-- id: T1106-11
-- name: RedMimicry Winnti playbook
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A file that the Winnti playbook of RedMimicry uses is named on the command line of rundll32 or cmd. Finds
--   what Sigma rule 95022b85-ff2a-49fa-939a-d7b8f56eeb9b finds.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: process_starts
-- extra:
-- pyramid_level: 2
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Artefacts | text | part of the command line | gthread-3.6.dll | apiwatch | Files of the playbook.
--   Artefacts | text | part of the command line | \Windows\Temp\tmp.bat | apiwatch | Files of the playbook.
--   Artefacts | text | part of the command line | sigcmm-2.4.dll | apiwatch | Files of the playbook.
-- benign:
--   A batch file of that name in the temporary folder.
-- limits:
--   Security 4688 holds the command line only where process creation auditing is set to include it.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/process_creation/proc_creation_win_hktl_redmimicry_winnti_playbook.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-11'
),
started AS (
  SELECT eid, computer, pid, path, name, cmdline, parent_path FROM process_starts
  WHERE name IN ('rundll32.exe', 'cmd.exe')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE (s.path LIKE '%\rundll32.exe' OR s.path LIKE '%\cmd.exe')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'Artefacts' AND instr(lower(s.cmdline), lower(value)))
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
