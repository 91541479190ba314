WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1351'),
said AS MATERIALIZED (
  SELECT eid, computer, coalesce(nullif(process_key, ''), user) AS process, path, api FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'ParentWords') AND api IN ('CreateProcess', 'ScriptBlock')
),
told AS (SELECT *, row_number() OVER (PARTITION BY computer, process ORDER BY eid) AS place FROM said)
SELECT eid, CAST(eid AS TEXT) AS eids,
  CASE api WHEN 'ScriptBlock' THEN 'a script' ELSE path END || ' chooses the parent of a process' AS summary,
  path AS true_creator, 0 AS mismatches
FROM told WHERE place = 1
