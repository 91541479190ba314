WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0839'
),
protected AS MATERIALIZED (
  SELECT eid, process_key, path, protection, api, container_id FROM memory_protections
  WHERE is_executable = 1 AND success = 1 AND system_path = 0
),
in_scope AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS calls FROM protected
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameScope' AND path LIKE value ESCAPE '\')
    OR container_id = '' AND EXISTS (SELECT 1 FROM t WHERE element = 'HostProgramPaths' AND path LIKE value ESCAPE '\')
)
SELECT eid, (SELECT group_concat(c.eid) FROM (
    SELECT eid FROM in_scope WHERE process_key = s.process_key AND eid <= s.eid ORDER BY eid LIMIT 20) AS c) AS eids,
  path || ' made anonymous memory executable (' || api || ' ' || protection || ')' AS summary, calls
FROM in_scope AS s
WHERE calls = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'RWXMemoryThreshold')
