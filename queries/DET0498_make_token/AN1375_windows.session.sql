WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1375'),
logged AS MATERIALIZED (
  SELECT eid, api, path, system_path, name, user, logon_id, arguments,
    coalesce(regex_match(arguments, '(new_credentials|explicit_credentials)', 1), 'odd_folder') AS kind
  FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'LogonArguments') AND api IN ('LsaLogonUser', 'CreateProcessWithLogon')
    AND (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentChildUserMismatch') = 0
),
made AS MATERIALIZED (
  SELECT eid FROM logged
  WHERE kind IN (SELECT value FROM t WHERE element = 'SuspiciousLogonTypes')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedImpersonators' AND (path LIKE value ESCAPE '\' OR user LIKE value ESCAPE '\'))
    AND CASE kind
      WHEN 'new_credentials' THEN logon_id NOT IN (SELECT value FROM t WHERE element = 'SystemLogonIds')
        OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryServices' AND path LIKE value ESCAPE '\')
      WHEN 'odd_folder' THEN
        api = 'LsaLogonUser' AND EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND path LIKE value ESCAPE '\')
      ELSE path <> '' AND EXISTS (SELECT 1 FROM t WHERE element = 'LocalTargets' AND arguments LIKE value ESCAPE '\')
        AND (system_path = 0 OR name IN (SELECT value FROM t WHERE element = 'Interpreters')) END
),
sessions AS MATERIALIZED (
  SELECT eid, time_ns, computer, new_logon_id, logon_user FROM logons WHERE eid IN (SELECT eid FROM made)
  LIMIT -EXISTS (SELECT 1 FROM made)
),
started AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, logon_id, instr('Low    Medium High   System', integrity_level) / 7
      - instr('Low    Medium High   System', parent_integrity_level) / 7 AS gained
  FROM process_starts WHERE user_change <> 'from_system' AND parent_logon_id <> logon_id
    AND logon_id IN (SELECT new_logon_id FROM sessions) LIMIT -EXISTS (SELECT 1 FROM sessions)
),
told AS (
  SELECT p.eid, s.eid AS logon, p.path, s.logon_user, row_number() OVER (PARTITION BY s.computer, s.new_logon_id ORDER BY p.eid) AS place
  FROM sessions AS s JOIN started AS p ON p.logon_id = s.new_logon_id AND p.computer = s.computer AND p.eid > s.eid
    AND p.time_ns - s.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  WHERE gained >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'IntegrityEscalationDelta')
)
SELECT eid, logon || ',' || eid AS eids, path || ' started in a new session of ' || logon_user AS summary, 'session' AS how, logon_user,
  path AS first_process
FROM told WHERE place = 1
