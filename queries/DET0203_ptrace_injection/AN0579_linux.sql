-- id: AN0579
-- name: Another process rewritten through ptrace
-- strategy: DET0203
-- technique: T1055.008
-- tactics: Defense Evasion, Privilege Escalation
-- platform: linux
-- description: A process takes hold of one that it did not create and soon afterwards writes into that process's memory
--   or registers, which is how code is put into a running program with ptrace.
-- log_sources: auditd:SYSCALL
-- tables: ptrace_events
-- extra: request, target_user, target_region
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindowBetweenPtraceAndMemoryWrite
-- tuning:
--   TimeWindowBetweenPtraceAndMemoryWrite | window | seconds | 10 | TimeWindowBetweenPtraceAndMemoryWrite | Longest time from the attach to the write.
--   TargetProcessNameFilter | like | path | % | TargetProcessNameFilter | Executables whose change is reported; % is every one.
--   UserContextMismatch | count | 0 or 1 | 0 | UserContextMismatch | 1 reports only callers whose user is not the target's.
--   ProcessRelationshipConstraint | count | 0 or 1 | 1 | ProcessRelationshipConstraint | 1 leaves out targets that the caller created itself.
--   InvokerBinaryAllowlist | text | path | /usr/bin/gdb | apiwatch | Debuggers, by full path; believed only where root owns the file.
--   InvokerBinaryAllowlist | text | path | /usr/bin/strace | apiwatch | Debuggers, by full path; believed only where root owns the file.
--   InvokerBinaryAllowlist | text | path | /usr/bin/ltrace | apiwatch | Debuggers, by full path; believed only where root owns the file.
-- benign:
--   A debugger outside the allow-list that is attached to a running program and sets breakpoints or changes variables.
--   Tools that checkpoint or patch running programs, such as criu and kpatch-like live patchers in user space.
-- limits:
--   A caller that created its target is not seen while ProcessRelationshipConstraint is 1.
--   An attach that happened before collection began, or longer ago than the window, is not joined with the write.
--   Writes by process_vm_writev or /proc/PID/mem are other analytics' subject.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0203
--   https://man7.org/linux/man-pages/man2/ptrace.2.html
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0579'
),
limits AS MATERIALIZED (
  SELECT
    (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowBetweenPtraceAndMemoryWrite') AS seconds,
    (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'UserContextMismatch') AS other_user,
    (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ProcessRelationshipConstraint') AS no_child
),
-- Both steps lie in one table that is small, so one call fetches them.
p AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, action, request, is_child, path, path_uid, uid, target_uid,
    target_path, target_pid, target_user, target_region
  FROM ptrace_events
  WHERE success = 1 AND target_process_key <> '' AND action IN ('attach', 'write_memory', 'write_registers')
),
pairs AS (
  SELECT w.*, a.eid AS attach_eid,
    row_number() OVER (PARTITION BY w.process_key, w.target_process_key ORDER BY w.eid, a.eid DESC) AS place
  FROM p AS a JOIN p AS w ON w.process_key = a.process_key AND w.target_process_key = a.target_process_key
  JOIN limits AS l
  WHERE a.action = 'attach' AND w.action <> 'attach' AND w.eid > a.eid
    AND w.time_ns - a.time_ns BETWEEN 0 AND l.seconds * 1000000000
    AND (a.is_child = 0 OR l.no_child = 0)
    AND (w.uid <> w.target_uid OR l.other_user = 0)
    AND EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcessNameFilter' AND w.target_path LIKE value ESCAPE '\')
    AND NOT (w.path_uid IS 0 AND w.path IN (SELECT value FROM t WHERE element = 'InvokerBinaryAllowlist'))
)
SELECT eid, attach_eid || ',' || eid AS eids,
  path || ' attached to ' || target_path || ' (pid ' || coalesce(target_pid, '?') || ') and changed it by ' || request AS summary,
  request, target_user, target_region
FROM pairs
WHERE place = 1
