WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-05'
),
hits AS (
  SELECT eid, block_id, script_text, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place FROM script_blocks
  WHERE what = 'block' AND script_text_like IN (SELECT value FROM t WHERE element = 'Names')
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names the WinPwn collection: ' || substr(script_text, 1, 100) AS summary, block_id
FROM hits
WHERE place = 1
