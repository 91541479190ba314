WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'SELF-2'
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, setting, CAST(value AS INTEGER) AS setting_value, CAST(old_value AS INTEGER) AS old_value,
    path, coalesce(auid, -1) AS auid, parent_cmdline
  FROM audit_changes WHERE setting IN ('audit_rate_limit', 'audit_backlog_limit') AND success = 1
),
others AS (
  SELECT *, time_ns - coalesce(lag(time_ns) OVER (PARTITION BY computer, path, auid ORDER BY eid), -9e18) AS since FROM changed
  WHERE setting_value > 0 AND setting_value <> old_value
    AND (setting = 'audit_rate_limit' OR setting_value < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LeastBacklog'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OwnPrograms' AND path LIKE value ESCAPE '\')
    AND NOT (auid < 0 AND (path = '' OR EXISTS (SELECT 1 FROM t WHERE element = 'LoaderPaths' AND path LIKE value ESCAPE '\')
      AND (parent_cmdline = '' OR EXISTS (SELECT 1 FROM t WHERE element = 'LoaderParents' AND parent_cmdline LIKE value ESCAPE '\'))))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  CASE WHEN path <> '' THEN path WHEN auid >= 0 THEN 'login ' || auid ELSE 'somebody' END || ' set ' || setting || ' to ' || setting_value
    AS summary,
  setting, CAST(setting_value AS TEXT) AS value
FROM others
WHERE since > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
