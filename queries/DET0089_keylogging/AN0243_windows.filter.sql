WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0243'),
filters AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, target_path FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'WatchedValues') AND api = 'RegSetValueEx'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'KeyboardKeys' AND target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'FilterInstallers' AND path LIKE value ESCAPE '\')
),
drivers AS MATERIALIZED (
  SELECT eid, time_ns, service_name, computer FROM service_changes
  WHERE action = 'create' AND service_type LIKE '%driver%' LIMIT -EXISTS (SELECT 1 FROM filters)
),
found AS (
  SELECT *, (SELECT max(d.eid) FROM drivers AS d WHERE d.computer = f.computer AND d.eid < f.eid
    AND f.time_ns - d.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS driver
  FROM filters AS f
)
SELECT eid, coalesce(driver || ',', '') || eid AS eids,
  coalesce(nullif(path, ''), 'a process') || ' puts a filter before the keyboard: ' || target_path
    || coalesce(', after the driver ' || (SELECT service_name FROM drivers WHERE drivers.eid = driver), '') AS summary,
  'puts a filter before the keyboard' AS how, target_path AS object
FROM found
