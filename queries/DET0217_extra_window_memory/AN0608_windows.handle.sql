WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0608'
),
opened AS MATERIALIZED (
  SELECT eid, rights, code_path, process_key, path, target_process_key, target_path
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0 AND is_child = 0
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM opened
  WHERE regex_match(target_path, (SELECT value FROM t WHERE element = 'TargetWindowClassRegex'), 0) IS NOT NULL
    AND rights LIKE '%PROCESS\_VM\_OPERATION%PROCESS\_VM\_WRITE%' ESCAPE '\'
    AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\'
)
SELECT eid, eid AS eids,
  path || ' got the right to write into ' || target_path || ', whose windows hold pointers to functions' AS summary, rights, code_path
FROM ranked
WHERE place = 1
