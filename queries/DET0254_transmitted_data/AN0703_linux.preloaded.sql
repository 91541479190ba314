WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0703'),
named AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, cmdline FROM process_starts
  WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'PreloadStart')
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM named AS n
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'PreloadWords' AND regex_match(cmdline, value, 0) IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM named AS p WHERE p.process_key = n.parent_process_key AND p.eid < n.eid)
)
SELECT eid, eid AS eids, path || ' was run to preload a library into what transmits data: ' || cmdline AS summary, path AS object,
  cmdline AS words
FROM first
WHERE place = 1
