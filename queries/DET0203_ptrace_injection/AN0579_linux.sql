-- id: AN0579
-- name: Another process rewritten through ptrace
-- strategy: DET0203
-- technique: T1055.008
-- tactics: Defense Evasion, Privilege Escalation
-- platform: linux
-- description: A process takes hold of one that it did not create and soon afterwards writes into that process's memory
--   or registers, which is how code is put into a running program with ptrace. Taking hold of a sensitive process is
--   reported even without a write.
-- log_sources: auditd:SYSCALL
-- tables: ptrace_events
-- extra: request, target_user, target_region
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindowBetweenPtraceAndMemoryWrite
-- tuning:
--   TimeWindowBetweenPtraceAndMemoryWrite | window | seconds | 10 | TimeWindowBetweenPtraceAndMemoryWrite | Longest time from the attach to the write.
--   TargetProcessNameFilter | text | executable name | sshd | TargetProcessNameFilter | Targets for which the attach alone is reported.
--   TargetProcessNameFilter | text | executable name | systemd | TargetProcessNameFilter | Targets for which the attach alone is reported.
--   TargetProcessNameFilter | text | executable name | systemd-logind | TargetProcessNameFilter | Targets for which the attach alone is reported.
--   TargetProcessNameFilter | text | executable name | dockerd | TargetProcessNameFilter | Targets for which the attach alone is reported.
--   TargetProcessNameFilter | text | executable name | containerd | TargetProcessNameFilter | Targets for which the attach alone is reported.
--   TargetProcessNameFilter | text | executable name | ssh-agent | TargetProcessNameFilter | Targets for which the attach alone is reported.
--   TargetProcessNameFilter | text | executable name | gpg-agent | TargetProcessNameFilter | Targets for which the attach alone is reported.
--   UserContextMismatch | count | 0 or 1 | 1 | UserContextMismatch | 1 also reports the attach alone where the caller is not root and its user is not the target's.
--   ProcessRelationshipConstraint | count | 0 or 1 | 1 | ProcessRelationshipConstraint | 1 leaves out targets that the caller created itself, as a debugger does.
-- benign:
--   A debugger attached to a running program (gdb -p) that sets a breakpoint or changes a variable.
--   Tools that checkpoint or patch running programs, such as criu, or profilers that inject a probe.
-- limits:
--   A caller that created its target is not seen while ProcessRelationshipConstraint is 1.
--   An attach that happened before collection began is not joined with the write.
--   Writes by process_vm_writev and /proc/PID/mem are the subject of AN1400 and AN1494.
--   Of a target that was gone within milliseconds the region written is not known.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0203
--   https://man7.org/linux/man-pages/man2/ptrace.2.html
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0579'
),
attach AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, path, uid, euid, request, target_uid, target_user, target_name, target_path, target_pid
  FROM ptrace_events
  WHERE action = 'attach' AND success = 1
    AND is_child <= (SELECT 1 - CAST(value AS INTEGER) FROM t WHERE element = 'ProcessRelationshipConstraint')
),
written AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, path, request, target_region, target_user, target_path, target_pid
  FROM ptrace_events
  WHERE process_key IN (SELECT process_key FROM attach) AND action LIKE 'write%' AND success = 1
  LIMIT -EXISTS (SELECT 1 FROM attach)
),
story AS (
  SELECT eid, time_ns, process_key, target_process_key, path, request, '' AS target_region, target_user, target_path, target_pid, 1 AS is_attach,
    target_name IN (SELECT value FROM t WHERE element = 'TargetProcessNameFilter')
      OR euid <> 0 AND uid <> target_uid AND (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'UserContextMismatch') = 1 AS suffices
  FROM attach
  UNION ALL
  SELECT eid, time_ns, process_key, target_process_key, path, request, target_region, target_user, target_path, target_pid, 0, 0 FROM written
),
followed AS (
  SELECT *, max(CASE WHEN is_attach THEN eid END) OVER pair AS attach_eid, max(CASE WHEN is_attach THEN time_ns END) OVER pair AS attach_ns
  FROM story WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM followed
  WHERE suffices OR NOT is_attach AND time_ns - attach_ns
    <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowBetweenPtraceAndMemoryWrite')
)
SELECT eid, CASE WHEN is_attach THEN eid ELSE attach_eid || ',' || eid END AS eids,
  path || ' took hold of ' || coalesce(nullif(target_path, ''), 'a process') || ' (pid ' || target_pid || ')'
    || CASE WHEN is_attach THEN ' by ' ELSE ' and changed it by ' END || request AS summary,
  request, target_user, target_region
FROM ranked
WHERE place = 1
