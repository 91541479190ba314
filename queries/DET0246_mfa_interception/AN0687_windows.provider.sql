WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0687'),
entered AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, target_path FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'ProviderValues') AND api = 'RegSetValueEx' AND path <> ''
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ProviderKeys' AND target_path LIKE value ESCAPE '\')
    AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameExclusions' AND path LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
),
told AS (SELECT *, lag(time_ns) OVER (PARTITION BY computer ORDER BY eid) AS before FROM entered)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' comes between user and second factor (provider): ' || target_path AS summary,
  'provider' AS signs, target_path AS object
FROM told
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
