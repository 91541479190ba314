WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0838'),
memory AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM process_modifications
  WHERE is_self = 1 AND code_system_path = 0 AND api NOT IN ('CreateRemoteThread', 'ProcessTampering')
    AND EXISTS (
      SELECT 1 FROM t WHERE element = 'MemoryRegionPermissions' AND arguments || ' ' LIKE '% protect=' || value || ' %' ESCAPE '\'
    )
),
started AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, parent_path FROM api_calls
  WHERE process_key IN (SELECT process_key FROM memory) AND api = 'CreateThread' LIMIT -EXISTS (SELECT 1 FROM memory)
),
story AS (
  SELECT eid, time_ns, process_key, 0 AS is_thread, '' AS path, '' AS parent_path FROM memory
  UNION ALL
  SELECT eid, time_ns, process_key, 1, path, parent_path FROM started
),
sequence AS (
  SELECT *, max(CASE WHEN NOT is_thread THEN eid END) OVER own AS memory_eid,
    max(CASE WHEN NOT is_thread THEN time_ns END) OVER own AS memory_ns
  FROM story WINDOW own AS (PARTITION BY process_key ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM sequence
  WHERE is_thread AND time_ns - memory_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'ParentProcessWhitelist' AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\')
    )
)
SELECT eid, memory_eid || ',' || eid AS eids, path || ' made memory executable and started a thread' AS summary,
  'own_thread' AS how, '' AS evidence
FROM told WHERE place = 1
