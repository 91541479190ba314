WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0396'),
started AS MATERIALIZED (
  SELECT eid, time_ns, name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Shells') AS is_shell, lower(cmdline) AS cmdline,
    lower(parent_cmdline) AS parent_cmdline, process_key, parent_process_key, parent_path
  FROM process_starts WHERE name COLLATE NOCASE IN (SELECT value FROM t WHERE element IN ('DelayPrograms', 'Shells'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryStarters' AND parent_path LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
),
numbers AS (
  SELECT s.*, t.element, CAST(regex_match(s.cmdline, t.value, 1) AS INTEGER) AS number FROM started AS s
  JOIN t ON t.element IN ('SecondsSyntax', 'MillisecondsSyntax', 'EchoSyntax', 'EchoWaitSyntax')
),
measured AS (
  SELECT *, iif(is_shell, process_key, parent_process_key) AS waiter, max(
    coalesce(max(CASE element WHEN 'MillisecondsSyntax' THEN number WHEN 'SecondsSyntax' THEN 1000 * number
      WHEN 'EchoSyntax' THEN 1000 * (number - 1) END), 0),
    coalesce(max(CASE element WHEN 'EchoSyntax' THEN number END) * max(CASE element WHEN 'EchoWaitSyntax' THEN number END), 0)) AS ms
  FROM numbers GROUP BY eid
),
delays AS MATERIALIZED (
  SELECT *, (SELECT max(regex_match(iif(is_shell, cmdline, parent_cmdline), value, 1)) FROM t WHERE element = 'RestSyntax') AS rest,
    (SELECT max(regex_match(parent_cmdline, value, 1)) FROM t WHERE element = 'BatchSyntax') AS batch
  FROM measured WHERE waiter <> '' AND ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SleepDurationThreshold')
),
after AS MATERIALIZED (
  SELECT eid, time_ns, path, cmdline, parent_process_key FROM process_starts WHERE parent_process_key IN (SELECT waiter FROM delays)
    AND name COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'DelayPrograms') LIMIT -EXISTS (SELECT 1 FROM delays)
),
-- A delay that counts by itself is told by the way of commands.
story AS (
  SELECT eid, waiter, eid AS delay_eid, EXISTS (SELECT 1 FROM t WHERE element = 'NextStagePatterns' AND rest LIKE value ESCAPE '\'
      OR element = 'BorrowingStarters' AND NOT is_shell AND parent_path LIKE value ESCAPE '\'
        AND ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LoneDelay')
      OR element = 'BorrowingStarters' AND batch LIKE value ESCAPE '\'
        AND ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'BatchDelay')) AS is_told FROM delays
  UNION ALL SELECT eid, parent_process_key, 0, 0 FROM after
),
latest AS (SELECT eid, max(delay_eid) OVER w AS delay_eid, max(is_told) OVER w AS is_told FROM story
  WINDOW w AS (PARTITION BY waiter ORDER BY eid)),
stages AS (
  SELECT a.*, d.eid AS delay_eid, d.ms, row_number() OVER (PARTITION BY d.waiter ORDER BY a.eid) AS place
  FROM after AS a JOIN latest AS l ON l.eid = a.eid AND NOT l.is_told JOIN delays AS d ON d.eid = l.delay_eid AND d.eid < a.eid
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'NextStagePatterns' AND a.cmdline LIKE value ESCAPE '\')
    AND a.time_ns - d.time_ns - 1000000 * d.ms
      <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeBetweenExecutionAndNextStage')
)
SELECT eid, delay_eid || ',' || eid AS eids,
  coalesce(nullif(path, ''), 'a process') || ' goes on after a delay of ' || (ms / 1000) || ' s: ' || cmdline AS summary,
  ms / 1000 AS delay_seconds, cmdline AS next_stage
FROM stages WHERE place = 1
