-- id: AN0839
-- name: Code run from memory without a file
-- strategy: DET0300
-- technique: T1620
-- tactics: Defense Evasion
-- platform: linux
-- description: A program is executed from an anonymous file that memfd_create made, or a program in a place where programs
--   are dropped makes anonymous memory executable, either writable at once or after it was written.
-- log_sources: auditd:SYSCALL, auditd:MMAP
-- tables: memory_protections, process_starts
-- extra: how, calls
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: 600
-- tuning:
--   ProcessNameScope | like | executable path | /tmp/% | ProcessNameScope | Executables whose own executable memory is reported.
--   ProcessNameScope | like | executable path | /var/tmp/% | ProcessNameScope | Executables whose own executable memory is reported.
--   ProcessNameScope | like | executable path | /dev/shm/% | ProcessNameScope | Executables whose own executable memory is reported.
--   ProcessNameScope | like | executable path | /run/% | ProcessNameScope | Executables whose own executable memory is reported.
--   ProcessNameScope | like | executable path | /memfd:% | ProcessNameScope | Executables whose own executable memory is reported.
--   ProcessNameScope | like | executable path | % (deleted) | ProcessNameScope | Executables whose own executable memory is reported.
--   RWXMemoryThreshold | count | calls | 1 | RWXMemoryThreshold | How many times such a program must make anonymous memory executable.
--   MemfdAllowlist | like | executable path | /memfd:runc\_cloned:% | apiwatch | Programs that copy themselves into memory to protect their file, as runc does.
-- benign:
--   Container runtimes that execute a sealed copy of themselves; the known ones are in MemfdAllowlist.
--   A program with a just-in-time compiler that is run from a temporary folder, such as a test build.
-- limits:
--   Programs in the folders of packages (system_path) and outside ProcessNameScope are left out, so a reflective loader inside such a program is not seen.
--   Code that is interpreted, or placed in memory that was executable already, makes no such call.
--   Whether the memory was written between two calls is not seen.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0300
--   https://man7.org/linux/man-pages/man2/memfd_create.2.html
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0839'
),
executed AS MATERIALIZED (
  SELECT eid, process_key, path, previous_path FROM process_starts WHERE path LIKE '/memfd:%'
),
protected AS MATERIALIZED (
  SELECT eid, process_key, path, protection, api FROM memory_protections
  WHERE is_executable = 1 AND success = 1 AND system_path = 0
),
made AS MATERIALIZED (
  SELECT eid, process_key FROM memory_protections
  WHERE process_key IN (SELECT process_key FROM executed) AND api = 'memfd_create'
  LIMIT -EXISTS (SELECT 1 FROM executed)
),
in_scope AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS nth FROM protected
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameScope' AND path LIKE value ESCAPE '\')
),
found AS (
  SELECT x.eid, coalesce((SELECT max(m.eid) || ',' FROM made AS m WHERE m.process_key = x.process_key AND m.eid < x.eid), '') || x.eid AS eids,
    coalesce(nullif(previous_path, ''), 'a process') || ' executed ' || path || ', a program that is in memory only' AS summary,
    'memfd_execution' AS how, 1 AS calls
  FROM executed AS x
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'MemfdAllowlist' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT s.eid, (SELECT group_concat(o.eid) FROM (SELECT eid FROM in_scope WHERE process_key = s.process_key AND eid <= s.eid ORDER BY eid LIMIT 20) AS o),
    s.path || ' made anonymous memory executable (' || s.api || ' ' || s.protection || ')', 'executable_memory', s.nth
  FROM in_scope AS s
  WHERE s.nth = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'RWXMemoryThreshold')
)
SELECT eid, eids, summary, how, calls FROM found
