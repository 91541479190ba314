WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'SELF-4'
),
lost AS MATERIALIZED (
  SELECT eid, time_ns, setting, value AS lost, time_ns - coalesce(lag(time_ns) OVER (PARTITION BY computer ORDER BY eid), -9e18) AS since
  FROM audit_changes
  WHERE action = 'lost' AND CAST(value AS INTEGER) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LeastLost')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  CASE setting WHEN 'backlog' THEN 'the kernel threw ' || lost || ' audit records away: its backlog was full'
    WHEN 'ring_buffer' THEN lost || ' records of eBPF were lost: the ring buffer was full'
    ELSE 'the buffer for audit records overflowed ' || lost || ' times' END AS summary,
  setting, lost AS value
FROM lost
WHERE since > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
