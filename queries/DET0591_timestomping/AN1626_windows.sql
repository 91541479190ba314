-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1626'
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, system_path, target_path, target_extension, old_btime, target_btime,
    lag(old_btime) OVER w AS first_btime, lag(time_ns) OVER w AS first_ns, lag(eid) OVER w AS first_eid
  FROM file_changes
  WHERE api IN (SELECT value FROM t WHERE element = 'APINamePattern') AND action = 'times' AND old_btime > 0
  WINDOW w AS (PARTITION BY computer, target_path ORDER BY eid)
),
moved AS MATERIALIZED (
  SELECT eid, computer, pid, process_key, path, abs(strftime('%s', substr(fields ->> '$.NewTime', 1, 19))
    - strftime('%s', substr(fields ->> '$.PreviousTime', 1, 19))) AS delta
  FROM eventlog_records WHERE api = 'SetSystemTime'
),
scripted AS MATERIALIZED (
  SELECT eid, computer, pid, process_key, path, CASE api WHEN 'ScriptBlock' THEN target_path ELSE '' END AS script_path,
    lower(CASE api WHEN 'ScriptBlock' THEN substr(arguments, 8) ELSE cmdline END) AS script FROM api_calls
  WHERE api IN ('ScriptBlock', 'CreateProcess') AND (api = 'ScriptBlock' OR name IN (SELECT value FROM t WHERE element = 'TimeSetters'))
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'APINamePattern' AND value LIKE '\%%' ESCAPE '\' UNION SELECT '%creationtime%' UNION SELECT '%lastwritetime%' UNION SELECT '%lastaccesstime%')
),
stamped AS (
  SELECT eid, CASE WHEN undone THEN first_eid || ',' || eid ELSE eid END AS eids, computer, pid, process_key, path, target_path AS what,
    target_btime, old_btime - target_btime AS delta
  FROM (SELECT *, first_btime = target_btime AND first_btime <> old_btime AND system_path = 0
    AND time_ns - first_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AS undone FROM changed)
  WHERE undone OR target_btime - time_ns / 1000000000 >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FutureDelta') OR old_btime - target_btime >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimestampDeltaThreshold')
    OR system_path = 0 AND target_extension IN (SELECT value FROM t WHERE element = 'ProgramExtensions')
      AND old_btime - target_btime >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ProgramDeltaThreshold')
  UNION ALL
  SELECT eid, eid, computer, pid, process_key, path, 'the clock', NULL, delta FROM moved
  WHERE delta >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ClockDelta')
  UNION ALL
  SELECT eid, eid, computer, pid, process_key, coalesce(nullif(path, ''), 'a script'), 'file times', NULL, NULL FROM scripted
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'APINamePattern' AND value LIKE '\%%' ESCAPE '\' AND script LIKE value ESCAPE '\')
      OR regex_match(script, '[.](creationtime|lastwritetime|lastaccesstime)(utc)? *=[^=]', 0) IS NOT NULL
      OR regex_match(script, '(set-itemproperty|^ *sp|[;|] *sp) [^;|]*(creationtime|lastwritetime|lastaccesstime)(utc)?[''" ]', 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, what ORDER BY eid) AS place FROM stamped
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'KeepersOfTimes' AND path LIKE value ESCAPE '\')
)
SELECT eid, eids,
  path || CASE what WHEN 'the clock' THEN ' moved the clock by ' || delta || ' seconds' WHEN 'file times' THEN ' sets file times'
    ELSE ' set the creation of ' || what || ' to ' || datetime(target_btime, 'unixepoch') END AS summary,
  target_btime, delta AS set_back_seconds
FROM ranked
WHERE place = 1
