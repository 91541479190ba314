WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN2031'),
told AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'NonBrowsers') AND tty <> ''
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'HeaderSignatureMatch')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserAgentFingerprint' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryParents' AND regex_match(parent_cmdline, value, 0) IS NOT NULL)
),
firsts AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM told AS a
  WHERE NOT EXISTS (SELECT 1 FROM told AS p WHERE p.process_key = a.parent_process_key AND p.eid < a.eid)
)
SELECT eid, eid AS eids,
  path || ', typed, calls itself a browser: '
    || coalesce(nullif(regex_match(lower(cmdline), '(mozilla/[0-9.]+ ?([(][^)]*[)])?)', 1), ''), cmdline) AS summary,
  coalesce(regex_match(lower(cmdline), '(mozilla/[0-9.]+ ?([(][^)]*[)])?)', 1), '') AS user_agent,
  coalesce(regex_match(cmdline, '(https?://[^ "'';|)]+)', 1), '') AS remote
FROM firsts
WHERE place = 1
