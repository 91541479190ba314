-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1375'
),
logged AS MATERIALIZED (
  SELECT eid, computer, api, path, system_path, name, user, process_key, logon_id, arguments,
    coalesce(regex_match(arguments, '(new_credentials|explicit_credentials)', 1), 'odd_folder') AS kind, regex_match(arguments, 'logon_user=([^=]+)( [a-z_]+=|$)', 1) AS logon_user
  FROM api_calls WHERE api IN (SELECT value FROM t WHERE element = 'LogonCalls') AND (arguments LIKE '%credentials%'
    OR api = 'LsaLogonUser' AND arguments LIKE '%logon_process=Advapi%' AND EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND path LIKE value ESCAPE '\'))
),
made AS MATERIALIZED (
  SELECT l.* FROM logged AS l
  WHERE kind IN (SELECT value FROM t WHERE element = 'SuspiciousLogonTypes')
    AND (kind = 'new_credentials' AND NOT (logon_id = '0x3e7' AND EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryServices' AND l.path LIKE value ESCAPE '\')) OR kind = 'odd_folder'
      OR path <> '' AND (system_path = 0 OR name IN (SELECT value FROM t WHERE element = 'Interpreters')) AND arguments LIKE '% service=localhost%')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedImpersonators' AND lower(value) IN (lower(path), lower(user)))
),
sessions AS MATERIALIZED (
  SELECT eid, time_ns, computer, new_logon_id, logon_user FROM logons WHERE eid IN (SELECT eid FROM made)
  LIMIT (SELECT count(*) FROM made WHERE (SELECT value FROM t WHERE element = 'ParentChildUserMismatch') = '0')
),
started AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, logon_id, parent_logon_id, integrity_level, parent_integrity_level FROM process_starts
  WHERE user_change <> 'from_system' AND logon_id IN (SELECT new_logon_id FROM sessions) LIMIT -EXISTS (SELECT 1 FROM sessions)
),
scripted AS MATERIALIZED (
  SELECT eid, computer, api, process_key, user, path, arguments FROM api_calls
  WHERE api IN ('ScriptBlock', 'AmsiScanBuffer', 'CreateProcess') AND arguments_like IN (SELECT value FROM t WHERE element IN ('LogonFunctions', 'SessionCommands'))
),
hits AS (
  SELECT eid, eid AS eids, computer || '|' || kind || '|' || lower(coalesce(logon_user, '')) || CASE kind WHEN 'new_credentials' THEN '' ELSE '|' || path END AS story, kind AS how, coalesce(logon_user, '') AS logon_user, '' AS first_process,
    CASE kind WHEN 'new_credentials' THEN 'a session of ' || coalesce(logon_user, user) || ' was made that uses other credentials on the network'
      ELSE path || ' of ' || user || ' logged ' || coalesce(logon_user, 'a user') || ' on to this machine' END AS summary
  FROM made WHERE (SELECT value FROM t WHERE element = 'ParentChildUserMismatch') <> '0'
  UNION ALL
  SELECT p.eid, s.eid || ',' || p.eid, s.computer || '|' || s.new_logon_id, 'session', s.logon_user, p.path, p.path || ' started in a new session of ' || s.logon_user
  FROM sessions AS s JOIN started AS p ON p.logon_id = s.new_logon_id AND p.computer = s.computer AND p.eid > s.eid
  WHERE p.parent_logon_id <> p.logon_id AND p.time_ns - s.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND instr('Low    Medium High   System', integrity_level) / 7 - instr('Low    Medium High   System', parent_integrity_level) / 7
      >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'IntegrityEscalationDelta')
  UNION ALL
  SELECT eid, eid, computer || '|' || coalesce(nullif(process_key, ''), user), CASE api WHEN 'CreateProcess' THEN 'command' ELSE 'script' END, '', '',
    CASE api WHEN 'CreateProcess' THEN 'a command' ELSE 'a script' END || ' of ' || coalesce(nullif(user, ''), 'a user') || ' logs a user on: ' || replace(substr(arguments, 1, 200), char(10), ' ')
  FROM scripted
)
SELECT eid, eids, summary, how, logon_user, first_process FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
