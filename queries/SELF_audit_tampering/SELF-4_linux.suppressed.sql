WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'SELF-4'
),
suppressed AS MATERIALIZED (
  SELECT eid, time_ns, path, setting, value AS calls,
    time_ns - coalesce(lag(time_ns) OVER (PARTITION BY computer, path, setting ORDER BY eid), -9e18) AS since
  FROM audit_changes WHERE action = 'suppressed'
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' made so many calls of the class ' || setting || ' that ' || calls
    || ' of them were counted and not told' AS summary,
  setting, calls AS value
FROM suppressed
WHERE since > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
