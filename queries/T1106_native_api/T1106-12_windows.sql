-- id: T1106-12
-- name: WinPwn on a command line
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A command line names the WinPwn collection. Finds what Sigma rule d557dc06-62e8-4468-a8e8-7984124908ce
--   finds.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: process_starts
-- extra:
-- pyramid_level: 1
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   Names | like | command line | %Offline\_Winpwn% | apiwatch | Names by which the collection is loaded or run.
--   Names | like | command line | %WinPwn % | apiwatch | Names by which the collection is loaded or run.
--   Names | like | command line | %WinPwn.exe% | apiwatch | Names by which the collection is loaded or run.
--   Names | like | command line | %WinPwn.ps1% | apiwatch | Names by which the collection is loaded or run.
-- benign:
--   None is known.
-- limits:
--   Security 4688 holds the command line only where process creation auditing is set to include it.
--   A collection that is renamed; the names are those of the rule.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules/windows/process_creation/proc_creation_win_hktl_winpwn.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-12'
),
started AS MATERIALIZED (
  SELECT eid, computer, pid, path, cmdline, parent_path FROM process_starts WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'Names')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
