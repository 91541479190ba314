-- id: AN1241
-- name: System call stubs or function tables of another process overwritten
-- strategy: DET0448
-- technique: T1055.014
-- tactics: Defense Evasion, Privilege Escalation
-- platform: linux
-- description: A process overwrites another one's vDSO through ptrace, or overwrites memory that belongs to one of its
--   mapped files, such as a function table, after which the target makes memory executable: calls of the target are led elsewhere.
-- log_sources: auditd:SYSCALL, auditd:memprotect
-- tables: ptrace_events, memory_protections
-- extra: target_region, address, executable_calls
-- pyramid_level: 5
-- severity: critical
-- interval: 10
-- window: TimeWindow_PtraceToMmap
-- tuning:
--   SuspiciousSharedObjectPathRegex | like | mapped file | /tmp/% | SuspiciousSharedObjectPathRegex | Mapped files whose overwriting is reported at once.
--   SuspiciousSharedObjectPathRegex | like | mapped file | /var/tmp/% | SuspiciousSharedObjectPathRegex | Mapped files whose overwriting is reported at once.
--   SuspiciousSharedObjectPathRegex | like | mapped file | /dev/shm/% | SuspiciousSharedObjectPathRegex | Mapped files whose overwriting is reported at once.
--   TimeWindow_PtraceToMmap | window | seconds | 15 | TimeWindow_PtraceToMmap | Longest time from the write to the target's executable memory.
--   ExecMemoryProtectionThreshold | count | calls | 1 | ExecMemoryProtectionThreshold | How many times the target must make memory executable after another region than the vDSO was written.
--   AnomalousParentProcessList | text | executable name | nginx | AnomalousParentProcessList | Programs whose children never debug: any write by such a child is reported.
--   AnomalousParentProcessList | text | executable name | apache2 | AnomalousParentProcessList | Programs whose children never debug: any write by such a child is reported.
--   AnomalousParentProcessList | text | executable name | httpd | AnomalousParentProcessList | Programs whose children never debug: any write by such a child is reported.
--   AnomalousParentProcessList | text | executable name | php-fpm | AnomalousParentProcessList | Programs whose children never debug: any write by such a child is reported.
--   AnomalousParentProcessList | text | executable name | postgres | AnomalousParentProcessList | Programs whose children never debug: any write by such a child is reported.
-- benign:
--   A debugger that calls a function in a program with a just-in-time compiler.
-- limits:
--   The region is read when the event arrives: of a target that ended within milliseconds it is not known, nor in an audit.log without our own facts.
--   A vDSO changed by the process itself, or by a write through /proc/PID/mem, is not seen here.
--   Which file the target maps afterwards is not seen: audit reports executable mappings of files only where they are writable too.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0448
--   https://man7.org/linux/man-pages/man7/vdso.7.html
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1241'
),
written AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, path, parent_path, parent_name, target_region, address, target_path, target_pid, request
  FROM ptrace_events
  WHERE action = 'write_memory' AND success = 1 AND is_child = 0
),
other AS MATERIALIZED (
  SELECT *, min(eid) AS opening FROM written
  WHERE target_region LIKE '/%' GROUP BY process_key, target_process_key
),
executable AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM memory_protections
  WHERE process_key IN (SELECT target_process_key FROM other) AND is_executable = 1 AND success = 1
  LIMIT -EXISTS (SELECT 1 FROM other)
),
followed AS (
  SELECT o.*, x.eid AS completed, row_number() OVER (PARTITION BY o.process_key, o.target_process_key ORDER BY x.eid) AS nth
  FROM other AS o JOIN executable AS x ON x.process_key = o.target_process_key
  WHERE x.eid > o.eid
    AND x.time_ns - o.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_PtraceToMmap')
),
chain AS (
  SELECT process_key, target_process_key, eid, eid AS completed, path, target_region, address, target_path, target_pid, 0 AS calls
  FROM written
  WHERE target_region = '[vdso]'
    OR EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousSharedObjectPathRegex' AND target_region LIKE value ESCAPE '\')
    OR parent_name IN (SELECT value FROM t WHERE element = 'AnomalousParentProcessList')
  UNION ALL
  SELECT process_key, target_process_key, eid, completed, path, target_region, address, target_path, target_pid, nth
  FROM followed
  WHERE nth = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'ExecMemoryProtectionThreshold')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY completed, eid) AS place FROM chain
)
SELECT eid, CASE WHEN completed = eid THEN eid ELSE eid || ',' || completed END AS eids,
  path || ' overwrote ' || coalesce(nullif(target_region, ''), 'memory') || ' of ' || coalesce(nullif(target_path, ''), 'a process')
    || ' (pid ' || target_pid || ')' || CASE calls WHEN 0 THEN '' ELSE ', which then made memory executable' END AS summary,
  target_region, address, calls AS executable_calls
FROM ranked
WHERE place = 1
