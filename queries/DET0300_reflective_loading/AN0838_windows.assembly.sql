WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0838'),
loaded AS MATERIALIZED (
  SELECT eid, coalesce(nullif(process_key, ''), computer) AS process, path, parent_path, target_path FROM api_calls
  WHERE arguments_like = 'flags=%' AND api = 'AssemblyLoadImage'
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process ORDER BY eid) AS place FROM loaded
  WHERE NOT EXISTS (
      SELECT 1 FROM t WHERE element = 'ParentProcessWhitelist' AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\')
    )
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'A process') || ' loaded the assembly ' || target_path || ' from memory' AS summary,
  'assembly' AS how, target_path AS evidence
FROM told WHERE place = 1
