WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1561'),
called AS MATERIALIZED (
  SELECT eid, time, computer, process_key, path, CASE api WHEN 'RegOpenKeyEx' THEN target_path ELSE api END AS queries, api, target_path
  FROM api_calls WHERE api IN (SELECT value FROM t WHERE element = 'LanguageCalls') AND system_path = 0
),
counted AS (
  SELECT *, lag(eid, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'QueryThreshold')) OVER w AS first_eid,
    lag(time, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'QueryThreshold')) OVER w AS since
  FROM called
  WHERE api <> 'RegOpenKeyEx' OR EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeys' AND target_path LIKE value ESCAPE '\')
  WINDOW w AS (PARTITION BY computer, process_key ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM counted
  WHERE time - since <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessAllowList' AND path LIKE value ESCAPE '\')
)
SELECT eid, CASE first_eid WHEN eid THEN '' ELSE first_eid || ',' END || eid AS eids,
  path || ' asked for the language of the system: ' || queries AS summary, queries
FROM told WHERE place = 1
