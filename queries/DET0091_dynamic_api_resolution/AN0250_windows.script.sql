WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0250'
),
script AS MATERIALIZED (
  SELECT eid, process_key, block_id, path, host_application, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('APILoadWithoutImport', 'ExportWalks'))
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY coalesce(nullif(process_key, ''), block_id) ORDER BY eid) AS place FROM script
  WHERE (script_text LIKE '%GetProc%Address%'
        AND EXISTS (SELECT 1 FROM t WHERE element = 'APILoadWithoutImport' AND script_text LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ExportWalks' AND script_text LIKE value ESCAPE '\'))
    AND (length(script_text) - length(replace(lower(script_text), '0x', ''))) / 2
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'EntropyThreshold')
)
SELECT eid, eid AS eids,
  'A script of ' || coalesce(nullif(path, ''), nullif(host_application, ''), 'an interpreter')
    || ' looks functions up at run time and makes them callable' AS summary,
  substr(script_text, max(1, instr(script_text, 'GetProc') - 40), 120) AS evidence
FROM ranked
WHERE place = 1
