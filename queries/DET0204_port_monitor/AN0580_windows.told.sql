WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0580'
),
said AS (
  SELECT eid, path, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'CallingWords')
)
SELECT eid, eid AS eids, coalesce(nullif(path, ''), 'a script') || ' writes a port monitor' AS summary FROM said WHERE place = 1
