WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0430'),
keywords AS MATERIALIZED (
  SELECT value FROM t WHERE element IN ('CommandlineKeywordList', 'WeakKeywords', 'ScheduleKeywords', 'SleepKeywords')
),
run AS MATERIALIZED (
  SELECT eid, time_ns, computer, parent_process_key, parent_path, cmdline, user, logon_id,
    EXISTS (SELECT 1 FROM t WHERE element = 'OddStarters' AND parent_path LIKE value ESCAPE '\') AS odd
  FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element IN ('TimeCommands', 'ScheduleCommands')) AND cmdline_like IN (SELECT value FROM keywords)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedParents' AND parent_path LIKE value ESCAPE '\')
    AND lower(parent_name || ' ' || name) NOT IN (SELECT value FROM t WHERE element = 'HelperPairs')
),
scripted AS MATERIALIZED (
  SELECT eid, time_ns, computer, coalesce(nullif(process_key, ''), pid), coalesce(nullif(path, ''), 'a script'), script_text, user, logon_id
  FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM keywords) AND +what IN ('block', 'pipeline', 'engine')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
said AS (
  SELECT eid, time_ns, computer, parent_process_key AS actor, coalesce(nullif(parent_path, ''), 'a process') AS who, cmdline AS words,
    CASE WHEN odd THEN '' ELSE user END AS user, CASE WHEN odd THEN '' ELSE logon_id END AS logon_id,
    row_number() OVER (PARTITION BY computer, parent_path, cmdline ORDER BY eid) - 1 AS times
  FROM run
  UNION ALL SELECT *, 0 FROM scripted
),
judged AS MATERIALIZED (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'CommandlineKeywordList' AND words LIKE value ESCAPE '\') AS strong,
    EXISTS (SELECT 1 FROM t WHERE element IN ('CommandlineKeywordList', 'WeakKeywords') AND words LIKE value ESCAPE '\') AS asks,
    EXISTS (SELECT 1 FROM t WHERE element = 'ScheduleKeywords' AND words LIKE value ESCAPE '\')
      OR (SELECT max(CAST(regex_match(lower(words), value, 1) AS INTEGER)) FROM t WHERE element = 'SleepSyntax')
        >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LongSleep') AS schedules
  FROM said
),
chained AS (
  SELECT *, max(CASE WHEN asks THEN eid END) OVER w AS asked, max(CASE WHEN asks THEN time_ns END) OVER w AS asked_ns
  FROM judged WINDOW w AS (PARTITION BY computer, actor ORDER BY eid)
),
complete AS (
  SELECT *, schedules AND time_ns - asked_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') AS chain
  FROM chained
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM complete
  WHERE chain OR strong AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'UserContextScope' AND value IN (user, logon_id) COLLATE NOCASE)
    AND times < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ProcessPrevalenceThreshold')
)
SELECT eid, CASE WHEN chain AND asked <> eid THEN asked || ',' || eid ELSE eid END AS eids,
  who || ' asked for the time' || CASE WHEN chain THEN ' and then scheduled something' ELSE ': ' || substr(words, 1, 120) END AS summary,
  CASE WHEN chain THEN substr(words, 1, 200) ELSE '' END AS scheduled_by
FROM ranked WHERE place = 1
