WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-18'
),
words AS MATERIALIZED (
  SELECT element, value, lower(value) AS word, row_number() OVER () AS nth,
    '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' AS pattern
  FROM t WHERE element IN ('Call', 'TicketMessages', 'RequestTerms')
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, ' ' || lower(script_text) || ' ' AS text FROM script_blocks
  WHERE what = 'block' AND script_text_like IN (SELECT pattern FROM words)
),
named AS MATERIALIZED (
  SELECT eid, element, value, nth FROM blocks JOIN words ON instr(text, word)
    AND replace(text, word, char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'
),
complete AS (
  SELECT eid, element FROM named AS n GROUP BY eid, element
  HAVING count(*) = (SELECT count(*) FROM words AS w WHERE w.element = n.element)
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM (
      SELECT value FROM named WHERE named.eid = b.eid GROUP BY value ORDER BY min(nth))) AS matched
  FROM blocks AS b
  WHERE eid IN (SELECT eid FROM named WHERE element = 'Call')
    AND (eid IN (SELECT eid FROM named WHERE element = 'TicketMessages')
      OR eid IN (SELECT eid FROM complete WHERE element = 'RequestTerms'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
