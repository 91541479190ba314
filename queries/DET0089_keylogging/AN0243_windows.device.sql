WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0243'),
seen AS MATERIALIZED (
  SELECT eid, path, target_path FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'WatchedValues') AND api IN ('CreateFile', 'RegSetValueEx')
    AND path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'InputPrograms' AND path LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t
      WHERE element = CASE api WHEN 'CreateFile' THEN 'KeyboardDevices' ELSE 'DirectInputKeys' END AND target_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened the keyboard: ' || target_path AS summary, 'opened the keyboard' AS how,
  target_path AS object
FROM seen
