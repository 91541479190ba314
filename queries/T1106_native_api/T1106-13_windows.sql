-- id: T1106-13
-- name: mshta started in a way that attacks do
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: mshta is started by a shell or script host on a file where every user may write, or it runs from
--   elsewhere, or on what is no HTML application. Finds what Sigma rule e32f92d1-523e-49c3-9374-bdb13b46a3ba finds.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: process_starts
-- extra:
-- pyramid_level: 2
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Parents | like | path | %\\cmd.exe | apiwatch | Shells and script hosts.
--   Parents | like | path | %\\cscript.exe | apiwatch | Shells and script hosts.
--   Parents | like | path | %\\powershell.exe | apiwatch | Shells and script hosts.
--   Parents | like | path | %\\pwsh.exe | apiwatch | Shells and script hosts.
--   Parents | like | path | %\\regsvr32.exe | apiwatch | Shells and script hosts.
--   Parents | like | path | %\\rundll32.exe | apiwatch | Shells and script hosts.
--   Parents | like | path | %\\wscript.exe | apiwatch | Shells and script hosts.
--   WritablePaths | text | part of the command line | \AppData\Local\ | apiwatch | Folders where every user may write.
--   WritablePaths | text | part of the command line | C:\ProgramData\ | apiwatch | Folders where every user may write.
--   WritablePaths | text | part of the command line | C:\Users\Public\ | apiwatch | Folders where every user may write.
--   WritablePaths | text | part of the command line | C:\Windows\Temp\ | apiwatch | Folders where every user may write.
--   OrdinaryPaths | like | path | C:\\Windows\\System32\\% | rule | Where mshta belongs.
--   OrdinaryPaths | like | path | C:\\Windows\\SysWOW64\\% | rule | Where mshta belongs.
--   OrdinaryCommands | like | command line | %.htm% | rule | What mshta is for.
--   OrdinaryCommands | like | command line | %.hta% | rule | What mshta is for.
--   OrdinaryCommands | like | command line | %mshta.exe | rule | What mshta is for.
--   OrdinaryCommands | like | command line | %mshta | rule | What mshta is for.
-- benign:
--   Old software whose interface is an HTML application.
-- limits:
--   Security 4688 holds the command line only where process creation auditing is set to include it.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/process_creation/proc_creation_win_mshta_susp_pattern.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-13'
),
started AS (
  SELECT eid, computer, pid, path, cmdline, parent_path, original_file_name FROM process_starts WHERE name = 'mshta.exe'
  UNION
  SELECT eid, computer, pid, path, cmdline, parent_path, original_file_name FROM process_starts WHERE original_file_name LIKE 'mshta.exe'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE (s.path LIKE '%\mshta.exe' OR lower(s.original_file_name) = 'mshta.exe')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'Parents' AND s.parent_path LIKE value ESCAPE '\') AND EXISTS (SELECT 1 FROM t WHERE element = 'WritablePaths' AND instr(lower(s.cmdline), lower(value)))
      OR NOT (EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryPaths' AND s.path LIKE value ESCAPE '\')
        OR EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryCommands' AND s.cmdline LIKE value ESCAPE '\')))
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
