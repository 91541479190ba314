WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1626'
),
scripted AS MATERIALIZED (
  SELECT eid, computer, pid, process_key, path, CASE api WHEN 'ScriptBlock' THEN target_path ELSE '' END AS script_path,
    lower(CASE api WHEN 'ScriptBlock' THEN substr(arguments, 8) ELSE cmdline END) AS script
  FROM api_calls
  WHERE api IN ('ScriptBlock', 'CreateProcess') AND (api = 'ScriptBlock' OR name IN (SELECT value FROM t WHERE element = 'TimeSetters'))
    AND arguments_like IN (
      SELECT '%' || value || '%' FROM t
      WHERE element = 'APINamePattern' AND value LIKE '\%%' ESCAPE '\' OR element = 'TimeProperties')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key ORDER BY eid) AS place FROM scripted
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'APINamePattern' AND value LIKE '\%%' ESCAPE '\' AND script LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t AS s JOIN t AS p ON s.element = 'SettingSyntax' AND p.element = 'TimeProperties'
        WHERE regex_match(script, replace(s.value, 'PROPERTY', p.value), 0) IS NOT NULL))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KeepersOfTimes' AND coalesce(nullif(path, ''), 'a script') LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids, coalesce(nullif(path, ''), 'a script') || ' sets file times' AS summary FROM ranked WHERE place = 1
