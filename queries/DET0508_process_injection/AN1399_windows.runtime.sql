WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
loaded AS MATERIALIZED (
  SELECT eid, process_key, path, module_path FROM module_loads
  WHERE module_name IN (SELECT value FROM t WHERE element = 'RuntimeModules')
    AND name IN (SELECT lower(value) FROM t WHERE element IN ('BareByStranger', 'NeverParents')
      EXCEPT SELECT lower(value) FROM t WHERE element = 'Managed')
)
SELECT eid, eid AS eids, path || ', which has no managed code, loaded ' || module_path AS summary, 'runtime' AS how, '' AS rights,
  '' AS code_path
FROM (SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM loaded) WHERE place = 1
