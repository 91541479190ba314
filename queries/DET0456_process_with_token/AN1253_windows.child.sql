WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1253'),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, lower(name) AS name, user, user_change, parent_process_key, parent_path, parent_user,
    instr('Low    Medium High   System', nullif(integrity_level, '')) / 7
      - instr('Low    Medium High   System', nullif(parent_integrity_level, '')) / 7 AS gained
  FROM process_starts WHERE user_change IN ('to_system', 'other', 'from_system') AND parent_path <> ''
    AND parent_path_unlike = (SELECT json_group_array(value) FROM t WHERE element = 'AllowedImpersonators')
),
suspicious AS MATERIALIZED (
  SELECT * FROM changed
  WHERE NOT (regex_match(lower(parent_path), '[^\\]*$', 0) IN (SELECT value FROM t WHERE element = 'RunAsCommand')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryRunAs' AND path LIKE value ESCAPE '\'))
    AND (user_change <> 'from_system' OR name IN (SELECT value FROM t WHERE element = 'Interpreters')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND parent_path LIKE value ESCAPE '\'))
),
handles AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_name FROM process_accesses
  WHERE process_key IN (SELECT parent_process_key FROM suspicious) AND is_self = 0
    AND lower(target_name) IN (SELECT lower(value) FROM t WHERE element = 'SensitiveTargets')
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
-- The creator's own start may have told it already, by the way of commands.
commanded AS MATERIALIZED (
  SELECT process_key FROM api_calls
  WHERE process_key IN (SELECT parent_process_key FROM suspicious) AND api = 'CreateProcess'
    AND (EXISTS (SELECT 1 FROM t WHERE element IN ('AccountSwitches', 'TokenFunctions') AND cmdline LIKE value ESCAPE '\')
      OR name IN (SELECT value FROM t WHERE element = 'RunAsCommand')
        AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryRunAs' AND cmdline LIKE value ESCAPE '\'))
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
children AS (
  SELECT s.*, (
    SELECT max(h.eid) FROM handles AS h WHERE h.process_key = s.parent_process_key AND h.eid < s.eid
      AND s.time_ns - h.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  ) AS handle
  FROM suspicious AS s WHERE parent_process_key NOT IN (SELECT process_key FROM commanded)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, parent_process_key ORDER BY eid) AS place FROM children
  WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentChildUserMismatch') > 0 OR handle IS NOT NULL
    OR gained >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'IntegrityEscalationDelta')
)
SELECT eid, coalesce(handle || ',', '') || eid AS eids,
  parent_path || ' of ' || parent_user || ' started ' || path || ' as ' || user AS summary,
  'child' AS how, parent_user AS from_user, user AS to_user,
  coalesce((SELECT target_name FROM handles AS h WHERE h.eid = handle), '') AS opened
FROM told WHERE place = 1
