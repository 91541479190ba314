WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0786'),
granted AS MATERIALIZED (
  SELECT eid, computer, path, user, user_sid, coalesce(nullif(process_key, ''), logon_id) AS process, arguments,
    regex_match(arguments, 'object=(S-[0-9-]+)', 1) AS sid
  FROM api_calls WHERE api = 'LsaAddAccountRights' AND system_path = 0
),
serving AS (
  SELECT eid, sid FROM granted AS g WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ServiceRights' AND instr(g.arguments, value) > 0)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process ORDER BY eid) AS place FROM granted AS g
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ServiceSIDs' AND sid LIKE value)
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KnownAdminTools' AND path LIKE value ESCAPE '\')
    AND EXISTS (
      SELECT 1 FROM t WHERE element = 'TokenPrivileges' AND instr(g.arguments, value) > 0
        AND (sid = user_sid OR value NOT IN (SELECT value FROM t WHERE element = 'ServiceRights')
          AND NOT (value = 'SeImpersonatePrivilege' AND EXISTS (SELECT 1 FROM serving AS s WHERE s.sid = g.sid AND s.eid < g.eid)))
    )
)
SELECT eid, CAST(eid AS TEXT) AS eids, user || ' granted rights: ' || arguments AS summary,
  'grant' AS how, user AS from_user, coalesce(regex_match(arguments, '(logon_user|object)=([^ ]+)', 2), '') AS to_user
FROM told WHERE place = 1
