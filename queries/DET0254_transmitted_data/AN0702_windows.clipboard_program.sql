WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0702'
),
clips AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path FROM api_calls
  WHERE api = 'SetClipboardData' AND arguments LIKE '%ClientInfo=%'
),
ordered AS (
  SELECT *, lag(path) OVER w AS other, time_ns - lag(time_ns) OVER w AS gap FROM clips
  WINDOW w AS (PARTITION BY computer ORDER BY eid)
),
replaced AS (
  SELECT *, lag(eid) OVER own AS first_eid, time_ns - lag(time_ns) OVER own AS since FROM ordered
  WHERE path LIKE '%\%' AND lower(other) <> lower(path)
    AND gap <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ReplaceSeconds')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ClipboardKeepers' AND path LIKE value ESCAPE '\')
  WINDOW own AS (PARTITION BY computer, process_key ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM replaced
  WHERE since <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, first_eid || ',' || eid AS eids, path || ' replaces what others put on the clipboard' AS summary
FROM ranked
WHERE place = 1
