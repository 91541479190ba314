WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1351'),
started AS MATERIALIZED (
  SELECT eid, process_key, path, parent_path, target_path, target_pid FROM api_calls
  WHERE arguments_like = '%reported_parent=%' AND api = 'CreateProcess' AND target_pid IS NOT NULL
    AND parent_path_unlike = (SELECT json_group_array(value) FROM t WHERE element = 'AllowedSpoofers')
),
-- The kernel's difference counts for two signs.
told AS (
  SELECT *, 2 AS mismatches, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM started
  WHERE lower(parent_path) <> lower(target_path) AND 2 > (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LineageMismatchTolerance')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  parent_path || ' created ' || path || ' under ' || target_path || ' (pid ' || target_pid || ')' AS summary,
  parent_path AS true_creator, mismatches
FROM told WHERE place = 1
