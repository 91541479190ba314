WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-28'
),
protected AS MATERIALIZED (
  SELECT eid, process_key, path, name, protection FROM memory_protections WHERE is_rwx = 1 AND api = 'mprotect'
),
hits AS (
  SELECT eid, path, protection, row_number() OVER (PARTITION BY name ORDER BY eid) AS place FROM protected AS p
  WHERE path NOT IN (SELECT value FROM t WHERE element = 'PathsExcluded')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'NamesExcluded' AND p.name LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' made memory writable and executable, as no program of its name did before' AS summary, protection
FROM hits
WHERE place = 1
