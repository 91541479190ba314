WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0786'),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, user, parent_process_key, parent_path, parent_user, user_change = 'from_silent' AS is_silent
  FROM process_starts WHERE user_change IN ('to_system', 'other', 'from_silent') AND parent_path <> ''
    AND parent_path_unlike = (SELECT json_group_array(value) FROM t WHERE element = 'KnownAdminTools')
),
children AS MATERIALIZED (
  SELECT * FROM changed
  WHERE parent_user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedServiceAccounts')
    AND NOT (is_silent AND EXISTS (SELECT 1 FROM t WHERE element = 'AllowedChildren' AND path LIKE value ESCAPE '\'))
),
uses AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM api_calls
  WHERE process_key IN (SELECT parent_process_key FROM children) AND system_path = 0
    AND api IN ('AdjustTokenPrivileges', 'PrivilegeCheck', 'CreateProcessWithLogon')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'LocalTargets' AND arguments LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'TokenPrivileges' AND instr(arguments, value) > 0))
  LIMIT -EXISTS (SELECT 1 FROM children)
),
told AS (
  SELECT c.*, NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProgramFolders' AND parent_path LIKE value ESCAPE '\') AS is_odd, (
    SELECT max(u.eid) FROM uses AS u WHERE u.process_key = c.parent_process_key AND u.eid < c.eid
      AND c.time_ns - u.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  ) AS used_eid
  FROM children AS c
),
anomalous AS (
  SELECT *, row_number() OVER (PARTITION BY computer, parent_process_key ORDER BY eid) AS place FROM told
  WHERE 1 + is_odd + (used_eid IS NOT NULL) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
)
SELECT eid, coalesce(used_eid || ',', '') || eid AS eids,
  parent_path || CASE WHEN is_silent THEN ', which starts no programs,' ELSE ' of ' || parent_user END
    || ' started ' || path || ' as ' || user AS summary,
  CASE WHEN is_silent THEN 'lineage' ELSE 'child' END AS how, parent_user AS from_user, user AS to_user
FROM anomalous WHERE place = 1
