WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0622'),
children AS MATERIALIZED (
  SELECT eid, computer, parent_process_key, path, name, parent_path,
    lower(coalesce(nullif(regex_match(parent_cmdline, '"([^"]+[.][Mm][Ss][Cc])', 1), ''),
      regex_match(parent_cmdline, '([^ "]+[.][Mm][Ss][Cc])', 1))) AS console
  FROM process_starts WHERE parent_name IN (SELECT value FROM t WHERE element = 'ConsoleProgram')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ExpectedChildren' AND path LIKE value ESCAPE '\')
),
judged AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'HiddenEndings' AND console LIKE value ESCAPE '\') AS is_hidden,
    EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousMSCPathRegex' AND console LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedMSCList' AND console LIKE value ESCAPE '\') AS is_foreign,
    EXISTS (SELECT 1 FROM t WHERE element = 'OwnConsoles' AND console LIKE value ESCAPE '\') AS is_own
  FROM children
),
starts AS MATERIALIZED (
  SELECT process_key, EXISTS (SELECT 1 FROM t WHERE element = 'EmbeddedConsoles' AND cmdline LIKE value ESCAPE '\') AS is_embedded,
    EXISTS (SELECT 1 FROM t WHERE element = 'UserShell' AND parent_path LIKE value ESCAPE '\') AS is_users
  FROM process_starts WHERE process_key IN (SELECT parent_process_key FROM children WHERE parent_process_key <> '')
  LIMIT -EXISTS (SELECT 1 FROM children)
),
-- A console whose own start is there and shows as much is told by that.
told AS (
  SELECT j.*, row_number() OVER (PARTITION BY computer, parent_process_key ORDER BY eid) AS place FROM judged AS j
  WHERE (is_hidden OR is_foreign OR name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'Interpreters')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ForeignChildren' AND path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM starts AS s WHERE s.process_key = j.parent_process_key
      AND (is_hidden OR (is_foreign OR is_embedded) AND NOT (is_own AND is_users)))
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  parent_path || ' ' || coalesce('with the console file ' || nullif(console, '') || ' ', '') || 'started ' || path AS summary,
  coalesce(console, '') AS console_file, path AS module
FROM told WHERE place = 1
