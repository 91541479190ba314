WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-28'
),
protected AS MATERIALIZED (
  SELECT eid, path, name, protection FROM memory_protections WHERE is_rwx = 1 AND api = 'mprotect'
    AND name_unlike = (SELECT json_group_array(value) FROM t WHERE element = 'NamesExcluded')
),
hits AS (
  SELECT eid, path, protection, row_number() OVER (PARTITION BY name ORDER BY eid) AS place FROM protected
  WHERE path NOT IN (SELECT value FROM t WHERE element = 'PathsExcluded')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' made memory writable and executable, as no program of its name did before' AS summary, protection
FROM hits
WHERE place = 1
