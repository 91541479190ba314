WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1046'),
asked AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, cmdline, cmdline_like AS word FROM process_starts
  WHERE cmdline_like IN (SELECT value FROM t WHERE element = 'TracerWords') AND tty = ''
    AND name NOT IN (SELECT value FROM t WHERE element = 'DebuggerPrograms')
    AND parent_name NOT IN (SELECT value FROM t WHERE element = 'DebuggerPrograms')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM asked AS a
  WHERE NOT EXISTS (SELECT 1 FROM asked AS p WHERE p.process_key = a.parent_process_key AND p.eid < a.eid)
)
SELECT eid, eid AS eids, path || ' was run to look for a debugger: ' || cmdline AS summary, word AS sign
FROM told
WHERE place = 1
