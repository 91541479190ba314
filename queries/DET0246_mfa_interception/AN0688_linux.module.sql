WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0688'),
loaded AS MATERIALIZED (
  SELECT eid, process_key, path, cmdline, module_path, success FROM module_loads
  WHERE api IN (SELECT value FROM t WHERE element = 'ModuleCalls')
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM loaded
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModuleWhitelist' AND module_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModuleWhitelist' AND cmdline LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, path || iif(success, ' loaded ', ' tried to load ') || coalesce(nullif(module_path, ''), 'a file')
  || ' as a kernel module' AS summary, module_path AS object, cmdline AS words
FROM suspicious
WHERE place = 1
