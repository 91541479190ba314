WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0976'
),
marked AS MATERIALIZED (
  SELECT eid, time_ns, target_path, target_name, new_mode, path, path_uid, user FROM file_changes
  WHERE action = 'mode' AND is_setid = 1 AND success = 1
),
suspicious AS MATERIALIZED (
  SELECT * FROM marked
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'WatchedDirectories' AND target_path LIKE value ESCAPE '\')
    AND NOT (path_uid IS 0 AND path IN (SELECT value FROM t WHERE element = 'InstallerPaths'))
),
executed AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, uid, euid, gid, egid, user FROM process_starts
  WHERE name IN (SELECT target_name FROM suspicious)
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
chain AS (
  SELECT x.eid, m.eid AS marked_eid, m.path AS changed_by, m.user AS changed_by_user, m.new_mode, x.path, x.user, x.uid, x.euid,
    row_number() OVER (PARTITION BY x.eid ORDER BY m.eid DESC) AS latest
  FROM suspicious AS m JOIN executed AS x ON x.path = m.target_path AND x.eid > m.eid
  WHERE (x.uid <> x.euid OR x.gid <> x.egid) AND x.uid <> 0
    AND x.user NOT IN (SELECT value FROM t WHERE element = 'UserContext')
    AND x.time_ns - m.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY marked_eid, uid ORDER BY eid) AS place FROM chain WHERE latest = 1
)
SELECT eid, marked_eid || ',' || eid AS eids,
  coalesce(nullif(user, ''), uid) || ' ran ' || path || ' as user id ' || euid
    || ' after ' || changed_by || ' gave it mode ' || new_mode AS summary,
  changed_by, changed_by_user, new_mode
FROM ranked
WHERE place = 1
