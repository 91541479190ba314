-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-06'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element IN ('InjectionFunctions', 'TokenStealFunctions', 'TokenDuplicateFunctions', 'WriteReadFunctions', 'LocalShellcodeFunctions'))
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('InjectionFunctions', 'TokenStealFunctions', 'TokenDuplicateFunctions', 'WriteReadFunctions', 'LocalShellcodeFunctions') AND instr(b.text, lower(value))) AS matched
  FROM blocks AS b
  WHERE ((NOT EXISTS (SELECT 1 FROM t WHERE element = 'InjectionFunctions' AND NOT (instr(b.text, lower(value)))))
    OR (NOT EXISTS (SELECT 1 FROM t WHERE element = 'TokenStealFunctions' AND NOT (instr(b.text, lower(value)))))
    OR (NOT EXISTS (SELECT 1 FROM t WHERE element = 'TokenDuplicateFunctions' AND NOT (instr(b.text, lower(value)))))
    OR (NOT EXISTS (SELECT 1 FROM t WHERE element = 'WriteReadFunctions' AND NOT (instr(b.text, lower(value)))))
    OR (NOT EXISTS (SELECT 1 FROM t WHERE element = 'LocalShellcodeFunctions' AND NOT (instr(b.text, lower(value))))))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
