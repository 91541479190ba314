WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1046'),
asked AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, parent_path, request FROM ptrace_events
  WHERE action = 'trace_me' AND path <> parent_path AND parent_path <> ''
    AND name NOT IN (SELECT value FROM t WHERE element = 'DebuggerPrograms')
    AND parent_name NOT IN (SELECT value FROM t WHERE element = 'DebuggerPrograms')
),
started AS MATERIALIZED (
  SELECT eid, process_key, path, name FROM process_starts
  WHERE process_key IN (SELECT parent_process_key FROM asked) LIMIT -EXISTS (SELECT 1 FROM asked)
),
alone AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM asked AS a
  WHERE NOT EXISTS (
    SELECT 1 FROM started AS s WHERE s.process_key = a.parent_process_key AND s.eid < a.eid
      AND (s.path = a.path OR s.name IN (SELECT value FROM t WHERE element = 'DebuggerPrograms')))
)
SELECT eid, eid AS eids, path || ' has itself traced by ' || parent_path || ', which is no debugger' AS summary, request AS sign
FROM alone
WHERE place = 1
