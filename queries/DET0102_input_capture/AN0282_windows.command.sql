WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0282'),
told AS MATERIALIZED (
  SELECT eid, path, cmdline FROM process_starts WHERE name IN (SELECT value FROM t WHERE element = 'Shells')
    AND cmdline_like IN (SELECT value FROM t WHERE element = 'PromptCommands')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' asks for a password: ' || cmdline AS summary, 'asks for a password' AS how,
  cmdline AS object
FROM told
