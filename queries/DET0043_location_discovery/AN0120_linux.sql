WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0120'
),
ran AS MATERIALIZED (
  SELECT eid, time_ns, parent_process_key, parent_path, name, cmdline, user FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element IN ('LanguageCommands', 'TimeZoneCommands'))
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, parent_path, file, user,
    file IN (SELECT value FROM t WHERE element = 'TimeZoneFiles') AS is_zone
  FROM file_accesses
  WHERE file_name IN (SELECT value FROM t WHERE element = 'FileNames') AND success = 1
),
learned AS (
  SELECT eid, time_ns, parent_process_key AS who, parent_path, cmdline AS source, user,
    name IN (SELECT value FROM t WHERE element = 'TimeZoneCommands') AS is_zone
  FROM ran
  UNION ALL
  SELECT eid, time_ns, parent_process_key, parent_path, file, user, is_zone FROM opened
  UNION ALL
  SELECT eid, time_ns, process_key, parent_path, file, user, is_zone FROM opened
),
chain AS (
  SELECT max(z.eid, l.eid) AS eid, min(z.eid, l.eid) AS first, z.source AS time_zone_source, l.source AS language_source, z.parent_path,
    row_number() OVER (PARTITION BY z.who ORDER BY max(z.eid, l.eid), min(z.eid, l.eid) DESC) AS place
  FROM learned AS z JOIN learned AS l ON l.who = z.who
  WHERE z.is_zone = 1 AND l.is_zone = 0 AND z.who <> ''
    AND z.user NOT IN (SELECT value FROM t WHERE element = 'UserContext')
    AND abs(z.time_ns - l.time_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, first || ',' || eid AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' learned the time zone (' || time_zone_source
    || ') and the language (' || language_source || ')' AS summary,
  time_zone_source, language_source
FROM chain
WHERE place = 1
GROUP BY eid
