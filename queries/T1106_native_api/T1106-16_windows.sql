WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-16'
),
words AS MATERIALIZED (
  SELECT element, value, lower(value) AS word, row_number() OVER () AS nth,
    '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' AS pattern
  FROM t WHERE element IN ('KeyStateFunctions', 'HookFunctions', 'HookTerms')
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, ' ' || lower(script_text) || ' ' AS text FROM script_blocks
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
  WHERE (eid IN (SELECT eid FROM named WHERE element = 'KeyStateFunctions')
    OR eid IN (SELECT eid FROM named WHERE element = 'HookFunctions') AND eid IN (SELECT eid FROM named WHERE element = 'HookTerms'))
    AND user_sid NOT IN (SELECT value FROM t WHERE element = 'UsersExcluded')
    AND NOT (EXISTS (SELECT 1 FROM t WHERE element = 'BreakpointWords')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'BreakpointWords' AND NOT instr(text, lower(value))))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
