WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-13'
),
started AS (
  SELECT eid, computer, pid, path, cmdline, parent_path, original_file_name FROM process_starts WHERE name = 'mshta.exe'
  UNION
  SELECT eid, computer, pid, path, cmdline, parent_path, original_file_name FROM process_starts WHERE original_file_name LIKE 'mshta.exe'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE (s.path LIKE '%\mshta.exe' OR lower(s.original_file_name) = 'mshta.exe')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'Parents' AND s.parent_path LIKE value ESCAPE '\')
        AND EXISTS (SELECT 1 FROM t WHERE element = 'WritablePaths' AND instr(lower(s.cmdline), lower(value)))
      OR NOT (EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryPaths' AND s.path LIKE value ESCAPE '\')
        OR EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryCommands' AND s.cmdline LIKE value ESCAPE '\')))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
