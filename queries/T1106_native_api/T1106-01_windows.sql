WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-01'
),
hits AS (
  SELECT eid, pipe_name, path, row_number() OVER (PARTITION BY process_key, lower(pipe_name) ORDER BY eid) AS place FROM pipe_events
  WHERE pipe_leaf IN (SELECT value FROM t WHERE element = 'PipeNames')
  LIMIT -EXISTS (SELECT 1 FROM t WHERE element = 'PipeNames')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' used the named pipe ' || pipe_name AS summary, pipe_name FROM hits
WHERE place = 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'PipeNames' AND lower(pipe_name) = '\' || lower(value))
