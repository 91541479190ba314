WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0839'
),
executed AS MATERIALIZED (
  SELECT eid, process_key, path, previous_path FROM process_starts WHERE path LIKE '/memfd:%'
),
suspicious AS MATERIALIZED (
  SELECT * FROM executed
  WHERE NOT (EXISTS (SELECT 1 FROM t WHERE element = 'MemfdAllowlist' AND path LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'MemfdMakers' AND previous_path LIKE value ESCAPE '\'))
),
made AS MATERIALIZED (
  SELECT eid, process_key FROM memory_protections
  WHERE process_key IN (SELECT process_key FROM suspicious) AND api = 'memfd_create'
  LIMIT -EXISTS (SELECT 1 FROM suspicious)
)
SELECT eid, coalesce((SELECT max(m.eid) || ',' FROM made AS m WHERE m.process_key = s.process_key AND m.eid < s.eid), '') || eid AS eids,
  coalesce(nullif(previous_path, ''), 'a process') || ' executed ' || path || ', a program that is in memory only' AS summary
FROM suspicious AS s
