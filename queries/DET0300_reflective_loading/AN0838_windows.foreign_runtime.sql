WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0838'),
runtime AS MATERIALIZED (
  SELECT eid, process_key, path, cmdline, parent_path, target_path, target_path LIKE '%.log' AS is_log FROM api_calls
  WHERE object_name IN (SELECT value FROM t WHERE element = 'RuntimeModule') AND api IN ('LoadLibrary', 'CreateFile')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM runtime
  WHERE EXISTS (SELECT 1 FROM t WHERE (element = 'NativeProgram' OR element = 'NativeHost' AND is_log) AND path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryHost' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'ParentProcessWhitelist' AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\')
    )
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ', which has no managed code, ' || CASE WHEN is_log THEN 'hosted the .NET runtime: ' ELSE 'loaded ' END || target_path AS summary,
  'foreign_runtime' AS how, target_path AS evidence
FROM told WHERE place = 1
