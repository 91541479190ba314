WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'SELF-4'
),
flooded AS MATERIALIZED (
  SELECT eid, time_ns, setting, value AS kept,
    time_ns - coalesce(lag(time_ns) OVER (PARTITION BY computer, setting ORDER BY eid), -9e18) AS since
  FROM audit_changes WHERE action = 'flooded'
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  'so many events of the kind ' || setting || ' came that those of the last ' || kept || ' seconds alone are kept' AS summary,
  setting, kept AS value
FROM flooded
WHERE since > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
