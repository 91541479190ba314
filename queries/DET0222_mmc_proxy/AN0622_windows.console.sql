WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0622'),
opened AS MATERIALIZED (
  SELECT eid, computer, process_key, path, cmdline, parent_path,
    lower(coalesce(nullif(regex_match(cmdline, '"([^"]+[.][Mm][Ss][Cc])', 1), ''),
      regex_match(cmdline, '([^ "]+[.][Mm][Ss][Cc])', 1))) AS console
  FROM process_starts WHERE name IN (SELECT value FROM t WHERE element = 'ConsoleProgram')
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM opened
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'HiddenEndings' AND console LIKE value ESCAPE '\')
    OR (EXISTS (SELECT 1 FROM t WHERE element = 'EmbeddedConsoles' AND cmdline LIKE value ESCAPE '\')
        OR EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousMSCPathRegex' AND console LIKE value ESCAPE '\')
          AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedMSCList' AND console LIKE value ESCAPE '\'))
      AND NOT (EXISTS (SELECT 1 FROM t WHERE element = 'UserShell' AND parent_path LIKE value ESCAPE '\')
        AND EXISTS (SELECT 1 FROM t WHERE element = 'OwnConsoles' AND console LIKE value ESCAPE '\'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' opened the console file ' || console AS summary, console AS console_file, '' AS module
FROM told WHERE place = 1
