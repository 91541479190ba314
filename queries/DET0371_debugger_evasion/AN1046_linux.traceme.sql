WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1046'),
asked AS MATERIALIZED (
  SELECT eid, process_key, path, parent_path, request, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM ptrace_events
  WHERE action = 'trace_me' AND path <> parent_path AND parent_path <> ''
    AND name NOT IN (SELECT value FROM t WHERE element = 'DebuggerPrograms')
    AND parent_name NOT IN (SELECT value FROM t WHERE element = 'DebuggerPrograms')
)
SELECT eid, eid AS eids, path || ' has itself traced by ' || parent_path || ', which is no debugger' AS summary, request AS sign
FROM asked
WHERE place = 1
