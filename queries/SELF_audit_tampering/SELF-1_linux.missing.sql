WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'SELF-1'
),
gone AS MATERIALIZED (
  SELECT eid, time_ns, value FROM audit_changes WHERE action = 'removed'
),
told AS MATERIALIZED (
  SELECT eid, time_ns FROM audit_changes
  WHERE action = 'remove_rule' AND rule_key IN (SELECT value FROM t WHERE element = 'Keys')
  LIMIT -EXISTS (SELECT 1 FROM gone)
)
SELECT eid, CAST(eid AS TEXT) AS eids, value || ' audit rules of apiwatch are gone, and no record says who removed them' AS summary
FROM gone AS g
WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.eid < g.eid
  AND g.time_ns - told.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
