WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0372'),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, coalesce(nullif(process_key, ''), user) AS actor, computer FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'MutexScripts')
),
-- The words of a script come in many blocks: what repeats them soon is the same act.
told AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, actor ORDER BY eid) AS before FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'MutexScripts' AND script_text LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryMutexes' AND script_text LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' keeps itself from running twice in a script: '
    || replace(substr(script_text, 1, 200), char(10), ' ') AS summary,
  'keeps itself from running twice in a script' AS how, replace(substr(script_text, 1, 200), char(10), ' ') AS object
FROM told
WHERE before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'QuietTime')
