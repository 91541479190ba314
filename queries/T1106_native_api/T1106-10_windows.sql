-- id: T1106-10
-- name: Debugger made to run commands
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: The console debugger is started with commands to run. Finds what Sigma rule
--   b5c7395f-e501-4a08-94d4-57fe7a9da9d2 finds.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: process_starts
-- extra:
-- pyramid_level: 2
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   Switches | like | command line | % -c % | apiwatch | Switches that name commands.
--   Switches | like | command line | % -cf % | apiwatch | Switches that name commands.
-- benign:
--   A developer who debugs with a script.
-- limits:
--   Security 4688 holds the command line only where process creation auditing is set to include it.
--   A renamed debugger, where only Security 4688 tells of the start.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/process_creation/proc_creation_win_cdb_arbitrary_command_execution.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-10'
),
started AS (
  SELECT eid, computer, pid, path, cmdline, parent_path, original_file_name FROM process_starts WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'Switches')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE (s.path LIKE '%\cdb.exe' OR lower(s.original_file_name) = 'cdb.exe')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'Switches' AND s.cmdline LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
