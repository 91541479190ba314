WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-24'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, file, path, name FROM file_accesses
  WHERE flags LIKE '%O_CREAT%' AND success = 1
),
hits AS (
  SELECT eid, file, path, row_number() OVER (PARTITION BY name, file ORDER BY eid) AS place FROM opened AS o
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'Extensions' AND file LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'Folders' AND file LIKE value ESCAPE '\')
    AND (name IN (SELECT value FROM t WHERE element = 'Names')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'Paths' AND path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PathsExcluded' AND path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'NamesExcluded' AND name LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'FilesExcluded' AND file LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' made ' || file AS summary, file FROM hits WHERE place = 1
