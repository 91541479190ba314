WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-04'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, file, path FROM file_accesses
  WHERE file_name IN (SELECT replace(value, rtrim(value, replace(value, '/', '')), '') FROM t WHERE element = 'Files')
  LIMIT -EXISTS (SELECT 1 FROM t WHERE element = 'Files')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, file ORDER BY eid) AS place FROM opened
  WHERE file IN (SELECT value FROM t WHERE element = 'Files')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened ' || file AS summary, file FROM hits WHERE place = 1
