WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0687'),
touched AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, coalesce(nullif(path, ''), 'a script') AS path,
    CASE api WHEN 'CreateProcess' THEN cmdline WHEN 'CreateFile' THEN target_path ELSE arguments END AS said
  FROM api_calls
  WHERE api IN ('CreateProcess', 'CreateFile', 'ScriptBlock') AND arguments_like IN (
    SELECT value FROM t WHERE element = 'CodeStores' UNION SELECT 'script=' || value FROM t WHERE element = 'CodeScripts')
),
judged AS (
  SELECT *, length(said) < (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'LongText') AS is_short,
    EXISTS (SELECT 1 FROM t WHERE element = 'CodeStores' AND said LIKE value ESCAPE '\') AS is_store,
    EXISTS (SELECT 1 FROM t WHERE element = 'StoreUses' AND said LIKE value ESCAPE '\') AS is_use,
    EXISTS (SELECT 1 FROM t WHERE element = 'CodeScripts' AND said LIKE value ESCAPE '\') AS is_search
  FROM touched WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
),
told AS (
  SELECT *, replace(substr(said, 1, 200), char(10), ' ') AS object, lag(time_ns) OVER (PARTITION BY computer ORDER BY eid) AS before
  FROM judged WHERE CASE api WHEN 'CreateFile' THEN is_store WHEN 'ScriptBlock' THEN is_search END OR is_short AND is_store AND is_use
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' comes between user and second factor (store): ' || object AS summary,
  'store' AS signs, object
FROM told
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
