-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1351'
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, integrity_level, target_process_key, target_name FROM process_accesses
  WHERE can_create_process = 1 AND is_child = 0 AND is_self = 0
),
chosen AS MATERIALIZED (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS nth FROM opened)
  WHERE target_process_key <> '' AND lower(CASE WHEN path LIKE '\device\harddiskvolume_\%' THEN 'c:' || substr(path, 24) ELSE path END) NOT IN (SELECT lower(value) FROM t WHERE element = 'AllowedSpoofers')
    AND nth <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'FirstHandles')
),
children AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, user_change, integrity_level, parent_process_key, parent_path FROM process_starts
  WHERE parent_process_key IN (SELECT target_process_key FROM chosen) LIMIT -EXISTS (SELECT 1 FROM chosen)
),
told AS MATERIALIZED (
  SELECT eid, computer, api, process_key, path, user, parent_path, target_path, target_pid, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'ScriptBlock') AND arguments_like IN (SELECT value FROM t WHERE element = 'ParentWords' UNION SELECT '%reported_parent=%')
),
story AS (
  SELECT eid, target_process_key AS parent, 1 AS is_open FROM chosen UNION ALL SELECT eid, parent_process_key, 0 FROM children
),
followed AS (
  SELECT eid, is_open, max(CASE WHEN is_open THEN eid END) OVER (PARTITION BY parent ORDER BY eid) AS opened_eid FROM story
),
pairs AS (
  SELECT c.eid, c.process_key, c.path, c.parent_path, a.eid AS opened_eid, a.path AS opener,
    (lower(a.target_name) IN (SELECT value FROM t WHERE element = 'SensitiveParents'))
      + (c.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'AtOnce')
        AND lower(a.target_name) IN (SELECT value FROM t WHERE element IN ('LongLivedParents', 'SensitiveParents'))) AS near,
    coalesce(instr('Low    Medium High   System', nullif(c.integrity_level, '')) / 7 - instr('Low    Medium High   System', nullif(a.integrity_level, '')) / 7
        >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentPrivilegeDeltaThreshold'), 0) AS gain
  FROM followed AS f JOIN children AS c ON c.eid = f.eid JOIN chosen AS a ON a.eid = f.opened_eid
  WHERE NOT f.is_open AND c.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
hits AS (
  SELECT eid, opened_eid || ',' || eid AS eids, process_key AS story, opener AS true_creator, 1 + near + gain AS mismatches,
    opener || ' opened ' || parent_path || ' to create processes in its name, and ' || path || ' appeared under it' AS summary
  FROM pairs WHERE near > 0 AND 1 + near + gain > (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LineageMismatchTolerance')
  UNION ALL
  SELECT eid, eid, process_key, parent_path, 2, parent_path || ' created ' || path || ' under ' || target_path || ' (pid ' || target_pid || ')'
  FROM told WHERE api = 'CreateProcess' AND target_pid IS NOT NULL AND lower(CASE WHEN parent_path LIKE '\device\harddiskvolume_\%' THEN 'c:' || substr(parent_path, 24) ELSE parent_path END) NOT IN (SELECT lower(value) FROM t WHERE element = 'AllowedSpoofers')
    AND lower(parent_path) <> lower(target_path) AND 2 > (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LineageMismatchTolerance')
  UNION ALL
  SELECT eid, eid, computer || '|' || coalesce(nullif(process_key, ''), user), path, 0, CASE api WHEN 'ScriptBlock' THEN 'a script' ELSE path END || ' chooses the parent of a process'
  FROM told WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ParentWords' AND arguments LIKE value ESCAPE '\')
)
SELECT eid, eids, summary, true_creator, mismatches FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
