WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0431'),
ran AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, user, name AS way, cmdline,
    name IN (SELECT value FROM t WHERE element = 'ScheduleCommands') AS scheduling
  FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element IN ('TimeCommands', 'ScheduleCommands'))
),
viewed AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, user,
    (SELECT min(value) FROM t WHERE element = 'TimeFiles' AND cmdline LIKE value ESCAPE '\') AS way, 0 AS scheduling
  FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'ReaderCommands')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'TimeFiles')
),
called AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, user, api AS way, 0 AS scheduling FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'AuditRulesSyscalls')
),
asked AS (
  SELECT eid, time_ns, parent_process_key, parent_path, user, way, scheduling FROM ran
  WHERE scheduling = 0 OR regex_match(cmdline, ' -l', 0) IS NULL
  UNION ALL
  SELECT * FROM viewed UNION ALL SELECT * FROM called
),
parents AS MATERIALIZED (
  SELECT parent_process_key FROM asked
  WHERE parent_process_key <> '' AND parent_path NOT IN (SELECT value FROM t WHERE element = 'AllowedBinaries')
  GROUP BY parent_process_key
  HAVING max(scheduling) = 1 OR count(DISTINCT way) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctWays')
),
counted AS (
  SELECT b.*, count(DISTINCT a.way) AS ways, group_concat(a.eid) AS before
  FROM asked AS b JOIN asked AS a ON a.parent_process_key = b.parent_process_key AND a.eid <= b.eid AND a.scheduling = 0
  WHERE b.parent_process_key IN (SELECT parent_process_key FROM parents)
    AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  GROUP BY b.eid
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY parent_process_key ORDER BY eid) AS place FROM counted
  WHERE scheduling = 1 OR ways >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctWays')
    AND user NOT IN (SELECT value FROM t WHERE element = 'UserContextScope')
)
SELECT eid, CASE scheduling WHEN 1 THEN before || ',' || eid ELSE before END AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' asked for the time in ' || ways || iif(ways = 1, ' way', ' ways')
    || CASE scheduling WHEN 1 THEN ' and then ran ' || way ELSE '' END AS summary,
  ways, CASE scheduling WHEN 1 THEN way ELSE '' END AS scheduled_by
FROM ranked
WHERE place = 1
