-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0839'
),
executed AS MATERIALIZED (
  SELECT eid, process_key, path, previous_path FROM process_starts WHERE path LIKE '/memfd:%'
),
protected AS MATERIALIZED (
  SELECT eid, process_key, path, protection, api FROM memory_protections
  WHERE is_executable = 1 AND success = 1 AND system_path = 0
),
made AS MATERIALIZED (
  SELECT eid, process_key FROM memory_protections
  WHERE process_key IN (SELECT process_key FROM executed) AND api = 'memfd_create'
  LIMIT -EXISTS (SELECT 1 FROM executed)
),
in_scope AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS nth FROM protected
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameScope' AND path LIKE value ESCAPE '\')
),
found AS (
  SELECT x.eid, coalesce((SELECT max(m.eid) || ',' FROM made AS m WHERE m.process_key = x.process_key AND m.eid < x.eid), '') || x.eid AS eids,
    coalesce(nullif(previous_path, ''), 'a process') || ' executed ' || path || ', a program that is in memory only' AS summary,
    'memfd_execution' AS how, 1 AS calls
  FROM executed AS x
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'MemfdAllowlist' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT s.eid, (SELECT group_concat(o.eid) FROM (SELECT eid FROM in_scope WHERE process_key = s.process_key AND eid <= s.eid ORDER BY eid LIMIT 20) AS o),
    s.path || ' made anonymous memory executable (' || s.api || ' ' || s.protection || ')', 'executable_memory', s.nth
  FROM in_scope AS s
  WHERE s.nth = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'RWXMemoryThreshold')
)
SELECT eid, eids, summary, how, calls FROM found
