WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1501'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, rights, code_path, api_frames, process_key, path, target_process_key
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0 AND api IN ('OpenProcess', 'CreateRemoteThread')
),
made AS MATERIALIZED (
  SELECT * FROM touched WHERE api = 'OpenProcess' AND rights = 'PROCESS_ALL_ACCESS' AND api_frames = 0 AND code_path <> ''
),
started AS MATERIALIZED (
  SELECT eid, time_ns, process_key, parent_process_key, path FROM api_calls
  WHERE process_key IN (SELECT target_process_key FROM made) AND api = 'CreateProcess' LIMIT -EXISTS (SELECT 1 FROM made)
),
story AS (
  SELECT eid, time_ns, target_process_key AS victim, process_key AS actor, path, code_path, 0 AS is_start FROM made
  UNION ALL
  SELECT eid, time_ns, process_key, parent_process_key, path, '', 1 FROM started
),
told AS (
  SELECT *, min(CASE WHEN NOT is_start THEN eid END) OVER pair AS made_eid,
    min(CASE WHEN NOT is_start THEN time_ns END) OVER pair AS made_ns,
    first_value(path) OVER pair AS maker, first_value(code_path) OVER pair AS maker_code
  FROM story WINDOW pair AS (PARTITION BY actor, victim ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY victim ORDER BY eid) AS place FROM told
  WHERE is_start AND time_ns - made_ns
      <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_TransactionToExecution')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'TransactionExecutableNamePattern' AND path LIKE value ESCAPE '\')
    AND (SELECT count(*) FROM touched AS x
        WHERE x.target_process_key = told.victim AND x.api = 'CreateRemoteThread' AND x.code_path = 'UNKNOWN' AND x.eid < told.eid)
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ThreadStartEntropyThreshold')
)
SELECT eid, made_eid || ',' || eid AS eids,
  maker || ' made the process ' || path || ' with the native call before it started' AS summary, maker_code AS code_path
FROM ranked
WHERE place = 1
