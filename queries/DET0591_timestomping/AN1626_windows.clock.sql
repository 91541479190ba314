WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1626'
),
moved AS MATERIALIZED (
  SELECT eid, computer, pid, process_key, path, abs(strftime('%s', substr(fields ->> '$.NewTime', 1, 19))
    - strftime('%s', substr(fields ->> '$.PreviousTime', 1, 19))) AS delta
  FROM eventlog_records WHERE api = 'SetSystemTime'
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key ORDER BY eid) AS place FROM moved
  WHERE delta >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ClockDelta')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KeepersOfTimes' AND path LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, path || ' moved the clock by ' || delta || ' seconds' AS summary, delta AS set_back_seconds
FROM ranked
WHERE place = 1
