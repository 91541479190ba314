-- id: AN1223
-- name: Program started by a process whose creator is gone
-- strategy: DET0443
-- technique: T1036.009
-- tactics: Defense Evasion
-- platform: linux
-- description: A process is created, its creator ends at once so that it falls to init, and it runs a program from a place
--   where programs are dropped: the double fork that hides where a program came from.
-- log_sources: auditd:SYSCALL
-- tables: process_starts, api_calls
-- extra: creator_pid, creator_lived_ms, adopted_by
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: 60
-- tuning:
--   TimeWindow | seconds | seconds | 5 | TimeWindow | Longest time from the process's creation to its creator's end.
--   ReparentingDetectionScope | count | process id | 0 | ReparentingDetectionScope | Only processes that fell to this pid, such as 1; 0 is any.
--   ExecutableScope | like | executable path | /tmp/% | ExecutableScope | Programs that are reported.
--   ExecutableScope | like | executable path | /var/tmp/% | ExecutableScope | Programs that are reported.
--   ExecutableScope | like | executable path | /dev/shm/% | ExecutableScope | Programs that are reported.
--   ExecutableScope | like | executable path | /run/user/% | ExecutableScope | Programs that are reported.
--   ExecutableScope | like | executable path | /memfd:% | ExecutableScope | Programs that are reported.
--   ExecutableScope | like | executable path | % (deleted) | ExecutableScope | Programs that are reported.
--   ExecutableScope | like | executable path | /home/%/.% | ExecutableScope | Programs that are reported.
-- benign:
--   A daemon under development that is started from a temporary folder.
--   An installer that unpacks itself into a temporary folder and goes on in the background.
-- limits:
--   Creation and end of processes come from the process connector: an audit.log alone does not show them.
--   Programs in ordinary folders are left out, since every daemon starts so; so are interpreters, whatever script they run.
--   A program already running when its creator ends is reported only if it was started from the scope.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0443
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1223'
),
started AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, path, parent_path, ppid, start_time_ns FROM process_starts
  WHERE system_path = 0
),
dropped AS MATERIALIZED (
  SELECT * FROM started WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ExecutableScope' AND path LIKE value ESCAPE '\')
),
ended AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_process_key, pid FROM api_calls
  WHERE target_process_key IN (SELECT process_key FROM dropped) AND api = 'exit'
  LIMIT -EXISTS (SELECT 1 FROM dropped)
),
chain AS (
  SELECT s.eid, s.path, s.parent_path, s.ppid, x.eid AS ended, x.pid, (x.time_ns - s.start_time_ns) / 1000000 AS lived,
    row_number() OVER (PARTITION BY s.process_key ORDER BY max(s.eid, x.eid), s.eid DESC) AS place
  FROM dropped AS s JOIN ended AS x ON x.target_process_key = s.process_key AND x.process_key = s.parent_process_key
  WHERE x.time_ns - s.start_time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND (s.eid < x.eid OR s.ppid = (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ReparentingDetectionScope')
      OR (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ReparentingDetectionScope') = 0)
)
SELECT eid, min(eid, ended) || ',' || max(eid, ended) AS eids,
  path || ' runs without its creator ' || coalesce(nullif(parent_path, ''), '(unknown)') || ', which ended ' || max(lived, 0) || ' ms after creating it' AS summary,
  pid AS creator_pid, max(lived, 0) AS creator_lived_ms, CASE WHEN eid > ended THEN ppid END AS adopted_by
FROM chain
WHERE place = 1
