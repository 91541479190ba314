-- id: AN1494
-- name: Another process's memory opened for writing under /proc
-- strategy: DET0541
-- technique: T1055.009
-- tactics: Defense Evasion, Privilege Escalation
-- platform: linux
-- description: A process opens /proc/PID/mem of a process that it did not create for writing, as dd, a shell redirection
--   or an injector does after reading the target's memory map. A command that named the map shortly before is given with it.
-- log_sources: auditd:SYSCALL, linux:osquery
-- tables: file_accesses, process_starts
-- extra: file, target_user, maps_command
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindowBetweenMapAccessAndMemWrite
-- tuning:
--   TargetProcNameRegex | like | executable path | % | TargetProcNameRegex | Executables whose memory matters; % is every one.
--   TimeWindowBetweenMapAccessAndMemWrite | window | seconds | 15 | TimeWindowBetweenMapAccessAndMemWrite | How long before the open a command that names the target's map still counts as part of it.
--   InvokerBinaryAllowlist | text | executable path | /usr/bin/gdb | InvokerBinaryAllowlist | Debuggers, by full path; believed only where root owns the file.
--   InvokerBinaryAllowlist | text | executable path | /usr/bin/gdbserver | InvokerBinaryAllowlist | Debuggers, by full path; believed only where root owns the file.
--   InvokerBinaryAllowlist | text | executable path | /usr/bin/strace | InvokerBinaryAllowlist | Debuggers, by full path; believed only where root owns the file.
--   InvokerBinaryAllowlist | text | executable path | /usr/bin/lldb-server | InvokerBinaryAllowlist | Debuggers, by full path; believed only where root owns the file.
--   FileWriteThreshold | count | bytes | 0 | FileWriteThreshold | Fewest bytes written, where the feed says how many; audit sees the open only, which always counts.
-- benign:
--   A debugger outside the allow-list attached to a running program.
--   Sandboxes and emulators that write the memory of processes they did not create themselves.
-- limits:
--   Reads of /proc/PID/maps by a system call are not seen, only commands that name the file.
--   Audit does not tell how many bytes were written.
--   An open through a procfs mounted in a new pid namespace after collection began is not seen.
--   Which file was opened below a held directory or through a link only the open descriptor tells: closed within milliseconds, it is missed.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0541
--   https://man7.org/linux/man-pages/man5/proc_pid_mem.5.html
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1494'
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, target_process_key, path, path_uid, file, target_pid, target_process_path, target_user, bytes
  FROM file_accesses
  WHERE file_name = 'mem' AND is_write = 1 AND success = 1 AND is_child = 0
),
suspicious AS MATERIALIZED (
  SELECT * FROM opened
  WHERE process_key <> target_process_key AND target_process_key <> ''
    AND EXISTS (SELECT 1 FROM t WHERE element = 'TargetProcNameRegex' AND target_process_path LIKE value ESCAPE '\')
    AND NOT (path_uid IS 0 AND path IN (SELECT value FROM t WHERE element = 'InvokerBinaryAllowlist'))
    AND (bytes IS NULL OR bytes >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FileWriteThreshold'))
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM suspicious
),
maps AS MATERIALIZED (
  SELECT eid, time_ns, cmdline FROM process_starts
  WHERE cmdline LIKE '%/proc/%/maps%' AND time_ns <= (SELECT max(time_ns) FROM suspicious)
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
mapped AS (
  SELECT s.*, (
      SELECT max(m.eid) FROM maps AS m
      WHERE m.eid < s.eid AND instr(m.cmdline, '/proc/' || s.target_pid || '/maps') > 0
        AND s.time_ns - m.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowBetweenMapAccessAndMemWrite')
    ) AS map_eid
  FROM first AS s WHERE place = 1
)
SELECT eid, coalesce(map_eid || ',', '') || eid AS eids,
  path || ' opened the memory of ' || coalesce(nullif(target_process_path, ''), 'a process') || ' (pid ' || target_pid || ') for writing' AS summary,
  file, target_user, coalesce((SELECT m.cmdline FROM maps AS m WHERE m.eid = map_eid), '') AS maps_command
FROM mapped
