WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1351'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, integrity_level, target_process_key, lower(target_name) AS target_name
  FROM process_accesses WHERE can_create_process = 1 AND is_child = 0 AND is_self = 0
    AND path_unlike = (SELECT json_group_array(value) FROM t WHERE element = 'AllowedSpoofers')
),
chosen AS MATERIALIZED (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS nth FROM opened)
  WHERE target_process_key <> '' AND nth <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FirstHandles')
),
children AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, integrity_level, parent_process_key, parent_path FROM process_starts
  WHERE parent_process_key IN (SELECT target_process_key FROM chosen) LIMIT -EXISTS (SELECT 1 FROM chosen)
),
story AS (
  SELECT eid, target_process_key AS parent, eid AS opened_eid FROM chosen
  UNION ALL SELECT eid, parent_process_key, NULL FROM children
),
followed AS (SELECT eid, max(opened_eid) OVER (PARTITION BY parent ORDER BY eid) AS last_eid FROM story),
pairs AS (
  SELECT c.eid, c.process_key, c.path, c.parent_path, a.eid AS opened_eid, a.path AS opener,
    c.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'AtOnce') AS at_once,
    a.target_name IN (SELECT value FROM t WHERE element = 'SensitiveParents') AS is_sensitive,
    a.target_name IN (SELECT value FROM t WHERE element = 'LongLivedParents') AS is_long_lived,
    coalesce(instr('Low    Medium High   System', nullif(c.integrity_level, '')) / 7
      - instr('Low    Medium High   System', nullif(a.integrity_level, '')) / 7
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentPrivilegeDeltaThreshold'), 0) AS gain
  FROM followed AS f JOIN children AS c ON c.eid = f.eid JOIN chosen AS a ON a.eid = f.last_eid
  WHERE c.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
signs AS (SELECT *, is_sensitive + (at_once AND (is_sensitive OR is_long_lived)) AS near FROM pairs),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM signs
  WHERE near > 0 AND 1 + near + gain > (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LineageMismatchTolerance')
)
SELECT eid, opened_eid || ',' || eid AS eids,
  opener || ' opened ' || parent_path || ' to create processes in its name, and ' || path || ' appeared under it' AS summary,
  opener AS true_creator, 1 + near + gain AS mismatches
FROM told WHERE place = 1
