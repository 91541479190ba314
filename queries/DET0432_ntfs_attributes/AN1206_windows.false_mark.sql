WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1206'
),
named AS MATERIALIZED (
  SELECT eid, time_ns, api, computer, pid, process_key, path, lower(name) AS name, target_path, lower(stream) AS stream
  FROM api_calls
  WHERE api = 'CreateFile'
    AND stream LIKE '_%'
),
known AS MATERIALIZED (
  SELECT * FROM named
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ADSPathWhitelist' AND stream LIKE value ESCAPE '\')
),
held AS MATERIALIZED (
  SELECT eid AS held_eid, contents FROM file_changes
  WHERE eid IN (SELECT eid FROM known) AND action = 'create_stream' AND contents LIKE '_%'
  LIMIT -EXISTS (SELECT 1 FROM known)
),
judged AS (
  SELECT k.*, h.contents, CASE
    WHEN stream = ':zone.identifier'
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'MarkBeginnings' AND ltrim(contents) LIKE value ESCAPE '\')
      THEN 'hides data under the name'
    WHEN lower(regex_match(target_path, '[.]([A-Za-z0-9]+):[^:]*$', 1)) IN (SELECT value FROM t WHERE element = 'MarkedPrograms')
        AND (regex_match(contents, 'Url=https?://[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+[:/]', 0) IS NOT NULL
          OR EXISTS (SELECT 1 FROM t WHERE element = 'UntrustedOrigins' AND contents LIKE value ESCAPE '\'))
      THEN 'marks a program of unknown origin with' END AS how
  FROM known AS k JOIN held AS h ON h.held_eid = k.eid
),
marks AS (
  SELECT * FROM judged WHERE how IS NOT NULL
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, stream ORDER BY eid) AS place,
    lag(eid) OVER s AS before, lag(time_ns) OVER s AS before_ns
  FROM marks
  WINDOW s AS (PARTITION BY computer, stream ORDER BY eid)
)
SELECT eid, CASE WHEN time_ns - before_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    THEN before || ',' || eid ELSE eid END AS eids,
  coalesce(nullif(path, ''), 'a script') || ' ' || how || ' the stream ' || substr(stream, 2)
    || ' of ' || substr(target_path, 1, length(target_path) - length(stream)) AS summary,
  stream
FROM ranked
WHERE place = 1
