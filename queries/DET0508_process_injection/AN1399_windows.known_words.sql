WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'),
said AS MATERIALIZED (
  SELECT eid, process_key, path, name, cmdline, target_path,
    CASE api WHEN 'CreateNamedPipe' THEN 'pipe' WHEN 'ScriptBlock' THEN 'script' ELSE 'told' END AS how
  FROM api_calls WHERE api IN ('CreateNamedPipe', 'ScriptBlock', 'CreateProcess')
    AND arguments_like IN (SELECT '%pipe=' || value FROM t WHERE element = 'InjectedPipe'
      UNION SELECT '%script=' || value FROM t WHERE element = 'InjectionScripts'
      UNION SELECT '%command\_line=' || value FROM t WHERE element = 'InjectionCommands')
),
tools AS (
  SELECT *, row_number() OVER (PARTITION BY coalesce(nullif(process_key, ''), eid) ORDER BY eid) AS place FROM said
  WHERE how <> 'told' OR name IN (SELECT value FROM t WHERE element = 'InjectionPrograms')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryInjections' AND cmdline LIKE value ESCAPE '\')
)
SELECT eid, eid AS eids,
  coalesce(nullif(path, ''), 'An interpreter') || CASE how
    WHEN 'script' THEN ' runs a script that writes into another process and runs it there'
    WHEN 'pipe' THEN ' made the pipe ' || target_path || ', by which injected code reports'
    ELSE ' is told to put a library into another process: ' || cmdline END AS summary, how, '' AS rights, '' AS code_path
FROM tools WHERE place = 1
