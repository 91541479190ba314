WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-20'
),
words AS MATERIALIZED (
  SELECT element, value, lower(value) AS word, row_number() OVER () AS nth,
    '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' AS pattern
  FROM t WHERE element IN ('MemoryFunctions', 'ThreadFunctions')
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks
  WHERE what = 'block' AND script_text_like IN (SELECT pattern FROM words)
),
named AS MATERIALIZED (
  SELECT eid, element, value, nth FROM blocks JOIN words ON instr(text, word)
    AND replace(text, word, char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM (
      SELECT value FROM named WHERE named.eid = b.eid GROUP BY value ORDER BY min(nth))) AS matched
  FROM blocks AS b
  WHERE eid IN (SELECT eid FROM named WHERE element = 'MemoryFunctions')
    AND eid IN (SELECT eid FROM named WHERE element = 'ThreadFunctions')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ScriptPathsExcluded' AND script_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
