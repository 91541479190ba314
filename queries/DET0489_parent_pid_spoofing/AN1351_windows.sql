-- id: AN1351
-- name: Process started under a parent that another program chose for it
-- strategy: DET0489
-- technique: T1134.004
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: A program opens another process with the right to create processes in its name, and within the window a
--   child appears under that process, with further signs that the opener made it: the parent is one of SYSTEM that starts
--   no programs, or one that lives long and has the child at once; more rights than the opener's add to it. Where the
--   kernel's own events tell the true creator, a difference is enough. A script or a command that names the attribute of
--   the parent, or cmdlets that choose one, is reported by itself.
-- log_sources: WinEventLog:Security, etw:Microsoft-Windows-Kernel-Process
-- tables: api_calls, process_accesses, process_starts
-- extra: true_creator, mismatches
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 300 | TimeWindow | Longest time from the handle to the child.
--   AllowedSpoofers | text | executable path | C:\Windows\System32\svchost.exe | AllowedSpoofers | Programs that choose parents as their work: elevation, error reports, sessions, debuggers of Windows.
--   AllowedSpoofers | text | executable path | C:\Windows\System32\consent.exe | AllowedSpoofers | Programs that choose parents as their work: elevation, error reports, sessions, debuggers of Windows.
--   AllowedSpoofers | text | executable path | C:\Windows\System32\csrss.exe | AllowedSpoofers | Programs that choose parents as their work: elevation, error reports, sessions, debuggers of Windows.
--   AllowedSpoofers | text | executable path | C:\Windows\System32\conhost.exe | AllowedSpoofers | Programs that choose parents as their work: elevation, error reports, sessions, debuggers of Windows.
--   AllowedSpoofers | text | executable path | C:\Windows\System32\WerFault.exe | AllowedSpoofers | Programs that choose parents as their work: elevation, error reports, sessions, debuggers of Windows.
--   AllowedSpoofers | text | executable path | C:\Windows\System32\WerFaultSecure.exe | AllowedSpoofers | Programs that choose parents as their work: elevation, error reports, sessions, debuggers of Windows.
--   AllowedSpoofers | text | executable path | C:\Windows\System32\services.exe | AllowedSpoofers | Programs that choose parents as their work: elevation, error reports, sessions, debuggers of Windows.
--   AllowedSpoofers | text | executable path | C:\Windows\System32\Taskmgr.exe | AllowedSpoofers | Programs that choose parents as their work: elevation, error reports, sessions, debuggers of Windows.
--   ParentPrivilegeDeltaThreshold | count | levels | 1 | ParentPrivilegeDeltaThreshold | How many integrity levels (Low, Medium, High, System) a child must have above the opener for that to be a sign.
--   LineageMismatchTolerance | count | signs | 1 | LineageMismatchTolerance | How many signs are tolerated; the handle is one, a difference in the kernel's events two.
--   SensitiveParents | text | executable name | lsass.exe | SensitiveParents | Parents of SYSTEM that start no programs, or few: a child of theirs is a sign.
--   SensitiveParents | text | executable name | csrss.exe | SensitiveParents | Parents of SYSTEM that start no programs, or few: a child of theirs is a sign.
--   SensitiveParents | text | executable name | wininit.exe | SensitiveParents | Parents of SYSTEM that start no programs, or few: a child of theirs is a sign.
--   SensitiveParents | text | executable name | winlogon.exe | SensitiveParents | Parents of SYSTEM that start no programs, or few: a child of theirs is a sign.
--   LongLivedParents | text | executable name | explorer.exe | apiwatch | Processes that live as long as their session or service: a child of theirs at once after the handle is a sign.
--   LongLivedParents | text | executable name | sihost.exe | apiwatch | Processes that live as long as their session or service: a child of theirs at once after the handle is a sign.
--   LongLivedParents | text | executable name | svchost.exe | apiwatch | Processes that live as long as their session or service: a child of theirs at once after the handle is a sign.
--   LongLivedParents | text | executable name | spoolsv.exe | apiwatch | Processes that live as long as their session or service: a child of theirs at once after the handle is a sign.
--   LongLivedParents | text | executable name | services.exe | apiwatch | Processes that live as long as their session or service: a child of theirs at once after the handle is a sign.
--   LongLivedParents | text | executable name | taskhostw.exe | apiwatch | Processes that live as long as their session or service: a child of theirs at once after the handle is a sign.
--   LongLivedParents | text | executable name | onedrive.exe | apiwatch | Processes that live as long as their session or service: a child of theirs at once after the handle is a sign.
--   ParentWords | like | script text or command line | %PROC_THREAD_ATTRIBUTE_PARENT_PROCESS% | apiwatch | What a script or a command holds that chooses a parent.
--   ParentWords | like | script text or command line | %UpdateProcThreadAttribute% | apiwatch | What a script or a command holds that chooses a parent.
--   ParentWords | like | script text or command line | %Start-%Parent% -ParentId% | apiwatch | What a script or a command holds that chooses a parent.
--   ParentWords | like | script text or command line | %Start-%SpecificParent% | apiwatch | What a script or a command holds that chooses a parent.
--   ParentWords | like | script text or command line | %PPID%Spoof%-ppid% | apiwatch | What a script or a command holds that chooses a parent.
--   ParentWords | like | script text or command line | %ParentPid%Spoof% | apiwatch | What a script or a command holds that chooses a parent.
--   ParentWords | like | script text or command line | %CreateProcessFromParent% | apiwatch | What a script or a command holds that chooses a parent.
--   AtOnce | seconds | seconds | 2 | apiwatch | A child that comes so soon after the handle is a sign.
--   FirstHandles | count | handles | 5 | apiwatch | How many of a program's first such handles count: one that opens every process looks for something else.
-- benign:
--   A debugger, or a launcher that opens processes with all rights shortly before that process happens to start a child.
--   A test of defences, or a module with such functions, that is loaded without being used.
-- limits:
--   Handles need WinEventLog:Sysmon's event 10, children process creation (4688 or Sysmon's 1), true creators etw:Microsoft-Windows-Kernel-Process, scripts WinEventLog:PowerShell.
--   Setting PROC_THREAD_ATTRIBUTE_PARENT_PROCESS raises no event; Security 4688 and Sysmon tell the chosen parent as the parent.
--   Without the kernel's process events the opener is known only from Sysmon's event 10, which many configurations leave out but for lsass.exe.
--   A handle that was got without opening, by inheritance or duplication, is not seen. A child of lsass.exe alone is AN0786's.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0489
--   https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-updateprocthreadattribute
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1351'
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, integrity_level, target_process_key, target_name FROM process_accesses
  WHERE can_create_process = 1 AND is_child = 0 AND is_self = 0
),
chosen AS MATERIALIZED (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS nth FROM opened)
  WHERE target_process_key <> '' AND lower(CASE WHEN path LIKE '\device\harddiskvolume_\%' THEN 'c:' || substr(path, 24) ELSE path END) NOT IN (SELECT lower(value) FROM t WHERE element = 'AllowedSpoofers')
    AND nth <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FirstHandles')
),
children AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, user_change, integrity_level, parent_process_key, parent_path FROM process_starts
  WHERE parent_process_key IN (SELECT target_process_key FROM chosen) LIMIT -EXISTS (SELECT 1 FROM chosen)
),
told AS MATERIALIZED (
  SELECT eid, computer, api, process_key, path, user, parent_path, target_path, target_pid, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'ScriptBlock') AND arguments_like IN (SELECT value FROM t WHERE element = 'ParentWords' UNION SELECT '%reported_parent=%')
),
story AS (
  SELECT eid, target_process_key AS parent, 1 AS is_open FROM chosen UNION ALL SELECT eid, parent_process_key, 0 FROM children
),
followed AS (
  SELECT eid, is_open, max(CASE WHEN is_open THEN eid END) OVER (PARTITION BY parent ORDER BY eid) AS opened_eid FROM story
),
pairs AS (
  SELECT c.eid, c.process_key, c.path, c.parent_path, a.eid AS opened_eid, a.path AS opener,
    (lower(a.target_name) IN (SELECT value FROM t WHERE element = 'SensitiveParents'))
      + (c.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'AtOnce')
        AND lower(a.target_name) IN (SELECT value FROM t WHERE element IN ('LongLivedParents', 'SensitiveParents'))) AS near,
    coalesce(instr('Low    Medium High   System', nullif(c.integrity_level, '')) / 7 - instr('Low    Medium High   System', nullif(a.integrity_level, '')) / 7
        >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentPrivilegeDeltaThreshold'), 0) AS gain
  FROM followed AS f JOIN children AS c ON c.eid = f.eid JOIN chosen AS a ON a.eid = f.opened_eid
  WHERE NOT f.is_open AND c.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
hits AS (
  SELECT eid, opened_eid || ',' || eid AS eids, process_key AS story, opener AS true_creator, 1 + near + gain AS mismatches,
    opener || ' opened ' || parent_path || ' to create processes in its name, and ' || path || ' appeared under it' AS summary
  FROM pairs WHERE near > 0 AND 1 + near + gain > (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LineageMismatchTolerance')
  UNION ALL
  SELECT eid, eid, process_key, parent_path, 2, parent_path || ' created ' || path || ' under ' || target_path || ' (pid ' || target_pid || ')'
  FROM told WHERE api = 'CreateProcess' AND target_pid IS NOT NULL AND lower(CASE WHEN parent_path LIKE '\device\harddiskvolume_\%' THEN 'c:' || substr(parent_path, 24) ELSE parent_path END) NOT IN (SELECT lower(value) FROM t WHERE element = 'AllowedSpoofers')
    AND lower(parent_path) <> lower(target_path) AND 2 > (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LineageMismatchTolerance')
  UNION ALL
  SELECT eid, eid, computer || '|' || coalesce(nullif(process_key, ''), user), path, 0, CASE api WHEN 'ScriptBlock' THEN 'a script' ELSE path END || ' chooses the parent of a process'
  FROM told WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ParentWords' AND arguments LIKE value ESCAPE '\')
)
SELECT eid, eids, summary, true_creator, mismatches FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
