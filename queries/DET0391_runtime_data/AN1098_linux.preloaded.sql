WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1098'),
named AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, cmdline, cmdline_like AS word FROM process_starts
  WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'PreloadWords')
),
first AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM named AS n
  WHERE NOT EXISTS (SELECT 1 FROM named AS p WHERE p.process_key = n.parent_process_key AND p.eid < n.eid)
)
SELECT eid, eid AS eids, path || ' was run to preload a library of a user: ' || cmdline AS summary,
  trim(word, '%') AS object, cmdline AS words
FROM first
WHERE place = 1
