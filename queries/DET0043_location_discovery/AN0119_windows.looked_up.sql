WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0119'
),
looked AS MATERIALIZED (
  SELECT eid, computer, process_key, path, coalesce(nullif(path, ''), 'a process') AS who, lower(remote_host) AS host FROM network_flows
  WHERE remote_host IN (SELECT value FROM t WHERE element = 'LookupServices')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'BrowserPaths' AND path LIKE value ESCAPE '\')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM looked
  WHERE NOT EXISTS (SELECT 1 FROM t
    WHERE element = 'ParentProcessAllowList' AND (who LIKE value ESCAPE '\' OR path LIKE value ESCAPE '\'))
)
SELECT eid, eid AS eids, who || ' asked where it is: ' || host AS summary, host AS how FROM ranked WHERE place = 1
