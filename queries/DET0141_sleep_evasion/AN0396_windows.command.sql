WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0396'),
started AS MATERIALIZED (
  SELECT eid, name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Shells') AS is_shell, lower(cmdline) AS cmdline,
    lower(parent_cmdline) AS parent_cmdline, path, process_key, parent_process_key, parent_path
  FROM process_starts WHERE name COLLATE NOCASE IN (SELECT value FROM t WHERE element IN ('DelayPrograms', 'Shells'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryStarters' AND parent_path LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
),
numbers AS (
  SELECT s.*, t.element, CAST(regex_match(s.cmdline, t.value, 1) AS INTEGER) AS number FROM started AS s
  JOIN t ON t.element IN ('SecondsSyntax', 'MillisecondsSyntax', 'EchoSyntax', 'EchoWaitSyntax')
),
measured AS (
  SELECT *, max(
    coalesce(max(CASE element WHEN 'MillisecondsSyntax' THEN number WHEN 'SecondsSyntax' THEN 1000 * number
      WHEN 'EchoSyntax' THEN 1000 * (number - 1) END), 0),
    coalesce(max(CASE element WHEN 'EchoSyntax' THEN number END) * max(CASE element WHEN 'EchoWaitSyntax' THEN number END), 0)) AS ms
  FROM numbers GROUP BY eid
),
delays AS (
  SELECT *, iif(is_shell, process_key, parent_process_key) AS waiter,
    (SELECT max(regex_match(iif(is_shell, cmdline, parent_cmdline), value, 1)) FROM t WHERE element = 'RestSyntax') AS rest,
    (SELECT max(regex_match(parent_cmdline, value, 1)) FROM t WHERE element = 'BatchSyntax') AS batch
  FROM measured WHERE ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SleepDurationThreshold')
),
stages AS (
  SELECT *, CASE
    WHEN EXISTS (SELECT 1 FROM t WHERE element = 'NextStagePatterns' AND rest LIKE value ESCAPE '\') THEN rest
    WHEN NOT is_shell AND ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LoneDelay')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'BorrowingStarters' AND parent_path LIKE value ESCAPE '\')
      THEN 'none yet, asked by ' || parent_path
    WHEN ms >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'BatchDelay')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'BorrowingStarters' AND batch LIKE value ESCAPE '\') THEN 'none yet, in ' || batch
    END AS stage FROM delays
),
told AS (SELECT *, row_number() OVER (PARTITION BY waiter ORDER BY eid) AS place FROM stages WHERE stage IS NOT NULL)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' goes on after a delay of ' || (ms / 1000) || ' s: ' || stage AS summary,
  ms / 1000 AS delay_seconds, stage AS next_stage
FROM told WHERE place = 1
