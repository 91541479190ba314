-- id: AN1501
-- name: Process made from a file that was never there
-- strategy: DET0544
-- technique: T1055.013
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: A program outside the system folders rolls a transaction of the file system back, or makes a process with the native
--   call, so that it holds a handle with all rights to a process that has not yet started, which then starts as its child.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Kernel-Process
-- tables: api_calls, process_modifications
-- extra: how, code_path
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindow_TransactionToExecution
-- tuning:
--   TransactionExecutableNamePattern | like | executable path | % | TransactionExecutableNamePattern | Images of the new process that are reported.
--   TimeWindow_TransactionToExecution | window | seconds | 60 | TimeWindow_TransactionToExecution | Longest time from the creation of the process to its start, which is that of its first thread.
--   ThreadStartEntropyThreshold | count | threads | 0 | ThreadStartEntropyThreshold | Threads at code in no module that must have begun in the new process; the entropy of code is in no event.
--   TxF API Call Frequency Threshold | count | rollbacks | 1 | TxF API Call Frequency Threshold | How many transactions a process must roll back.
--   TransactionAllowlist | like | executable path | %\\msiexec.exe | apiwatch | Programs that roll transactions back as their work.
-- benign:
--   An installer outside the system folders that uses transactions and fails: name it in TransactionAllowlist.
--   Programs that make processes with the native call, such as some sandboxes and Cygwin's fork.
-- limits:
--   Transactions show in 4985 of WinEventLog:Security only, where the file system is audited; what was written in one is not told. The rest is WinEventLog:Sysmon's (10, 1, 8).
--   The native creation shows as the order of Sysmon's events: where event 10 is filtered out, it is not seen.
--   A rollback counts by itself: that a process is then made of it is not waited for.
--   Programs in Windows and Program Files are believed to be the system's.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0544
--   https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-4985
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1501'
),
rolled AS MATERIALIZED (
  SELECT eid, process_key, path, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS nth
  FROM api_calls WHERE api = 'NtRollbackTransaction' AND system_path = 0
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, rights, code_path, api_frames, process_key, path, target_process_key
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0 AND api IN ('OpenProcess', 'CreateRemoteThread')
),
made AS MATERIALIZED (
  SELECT * FROM touched WHERE api = 'OpenProcess' AND rights = 'PROCESS_ALL_ACCESS' AND api_frames = 0 AND code_path <> ''
),
started AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, path FROM api_calls
  WHERE process_key IN (SELECT target_process_key FROM made) AND api = 'CreateProcess' LIMIT -EXISTS (SELECT 1 FROM made)
),
story AS (
  SELECT eid, time_ns, target_process_key AS victim, process_key AS actor, path, code_path, 0 AS is_start FROM made
  UNION ALL
  SELECT eid, time_ns, process_key, parent_process_key, path, '', 1 FROM started
),
told AS (
  SELECT *, min(CASE WHEN NOT is_start THEN eid END) OVER pair AS made_eid, min(CASE WHEN NOT is_start THEN time_ns END) OVER pair AS made_ns,
    first_value(path) OVER pair AS maker, first_value(code_path) OVER pair AS maker_code
  FROM story WINDOW pair AS (PARTITION BY actor, victim ORDER BY eid)
),
found AS (
  SELECT eid, eid AS eids, process_key AS victim, 'rollback' AS how, path AS code_path, path || ' rolled back a transaction of the file system' AS summary
  FROM rolled WHERE nth = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'TxF API Call Frequency Threshold')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TransactionAllowlist' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, made_eid || ',' || eid, victim, 'native_creation', maker_code, maker || ' made the process ' || path || ' with the native call before it started'
  FROM told WHERE is_start AND time_ns - made_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_TransactionToExecution')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'TransactionExecutableNamePattern' AND path LIKE value ESCAPE '\')
    AND (SELECT count(*) FROM touched AS x WHERE x.target_process_key = told.victim AND x.api = 'CreateRemoteThread' AND x.code_path = 'UNKNOWN' AND x.eid < told.eid)
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ThreadStartEntropyThreshold')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY victim, how ORDER BY eid) AS place FROM found
)
SELECT eid, eids, summary, how, code_path FROM ranked WHERE place = 1
