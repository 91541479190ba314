WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0838'),
scripts AS MATERIALIZED (
  SELECT eid, coalesce(nullif(process_key, ''), computer) AS process, path, parent_path, arguments FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element IN ('LoadFromBytes', 'RunFromBytes'))
    AND api IN ('ScriptBlock', 'AmsiScanBuffer', 'CreateProcess')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process ORDER BY eid) AS place,
    EXISTS (SELECT 1 FROM t WHERE element = 'LoadFromBytes' AND arguments LIKE value ESCAPE '\') AS is_load
  FROM scripts
  WHERE NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'ParentProcessWhitelist' AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\')
    )
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'A script of ' || coalesce(nullif(path, ''), 'an interpreter')
    || CASE WHEN is_load THEN ' loaded an assembly from bytes' ELSE ' runs code that it puts into its own memory' END AS summary,
  'script' AS how, substr(arguments, max(1, instr(arguments, 'Load') - 60), 120) AS evidence
FROM told WHERE place = 1
