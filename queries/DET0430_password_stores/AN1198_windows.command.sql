WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
told AS MATERIALIZED (
  SELECT eid, path, cmdline FROM process_starts WHERE name IN (SELECT lower(value) FROM t WHERE element = 'Commands')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'KeywordPatterns')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' is told to read stored credentials: ' || cmdline AS summary,
  'is told to read stored credentials' AS how, cmdline AS object
FROM told
