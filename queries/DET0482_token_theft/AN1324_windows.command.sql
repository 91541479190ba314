WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1324'),
written AS MATERIALIZED (
  SELECT eid, computer, user, api, parent_name, target_path, cmdline, arguments,
    CASE api WHEN 'CreateService' THEN target_path WHEN 'RegSetValueEx' THEN arguments ELSE cmdline END AS said
  FROM api_calls
  WHERE arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'PipeWriters')
    AND api IN ('CreateService', 'CreateProcess', 'RegSetValueEx')
),
told AS (
  SELECT *, row_number() OVER (
      PARTITION BY computer, lower(coalesce(regex_match(cmdline || ' ' || arguments, 'pipe.([^ "]+)', 1), '')) ORDER BY eid
    ) AS place
  FROM written
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'PipeWriters' AND said LIKE value ESCAPE '\')
    AND (api = 'CreateService' OR api = 'CreateProcess' AND lower(parent_name) IN (SELECT value FROM t WHERE element = 'ServiceStarters')
      OR api = 'RegSetValueEx' AND target_path LIKE '%\Services\%\ImagePath')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a service writes into a pipe: ' || substr(said, 1, 200) AS summary,
  'command' AS how, '' AS pipe, user AS from_user
FROM told WHERE place = 1
