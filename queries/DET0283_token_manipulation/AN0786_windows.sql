-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0786'
),
used AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, api, path, user, user_sid, logon_id, arguments, success, regex_match(arguments, 'object=(S-[0-9-]+)', 1) AS sid,
    EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND path LIKE value ESCAPE '\') OR logon_id NOT IN ('0x3e7', '0x3e4', '0x3e5') AS is_odd FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'TokenCalls') AND system_path = 0 AND path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'KnownAdminTools')
),
calls AS (
  SELECT *, CASE api WHEN 'AdjustTokenPrivileges' THEN 'privilege' WHEN 'CreateProcessWithLogon' THEN 'credentials' WHEN 'RegisterTask' THEN 'task' WHEN 'CreateService' THEN 'service'
    WHEN 'PrivilegeCheck' THEN 'trusted' ELSE 'grant' END AS how
  FROM used
  WHERE api = 'CreateProcessWithLogon' AND path <> '' AND arguments LIKE '% service=localhost%'
    OR api = 'PrivilegeCheck' AND path <> '' AND is_odd AND success IS NOT 0
      AND EXISTS (SELECT 1 FROM t WHERE element = 'CheckedPrivileges' AND instr(regex_match(arguments, 'enabled=([A-Za-z ]+)( [a-z_]+=|$)', 1), value) > 0)
    OR api = 'RegisterTask' AND logon_id IN ('0x3e4', '0x3e5') AND arguments LIKE 'action=create%requires=%'
    OR api = 'CreateService' AND EXISTS (SELECT 1 FROM t WHERE element = 'PipeWriters' AND arguments LIKE value ESCAPE '\')
    OR api = 'LsaAddAccountRights' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ServiceSIDs' AND sid LIKE value)
      AND EXISTS (SELECT 1 FROM t WHERE element = 'TokenPrivileges' AND instr(used.arguments, value) > 0 AND (sid = user_sid OR value NOT IN (SELECT value FROM t WHERE element = 'ServiceRights')
        AND NOT (value = 'SeImpersonatePrivilege' AND EXISTS (SELECT 1 FROM used AS u, t AS s WHERE u.sid = used.sid AND u.eid < used.eid AND s.element = 'ServiceRights' AND instr(u.arguments, s.value) > 0))))
    OR api = 'AdjustTokenPrivileges' AND path <> '' AND is_odd
      AND EXISTS (SELECT 1 FROM t WHERE element = 'TokenPrivileges' AND instr(regex_match(arguments, 'enabled=([A-Za-z ]+)( [a-z_]+=|$)', 1), value) > 0)
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, user, parent_process_key, parent_path, parent_user, CASE user_change WHEN 'from_silent' THEN 'lineage' ELSE 'child' END AS how
  FROM process_starts WHERE user_change IN ('to_system', 'other', 'from_silent')
),
children AS (
  SELECT c.*, (SELECT max(u.eid) FROM calls AS u WHERE u.process_key = c.parent_process_key AND u.eid < c.eid
    AND c.time_ns - u.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS used_eid
  FROM changed AS c
  WHERE parent_path <> '' AND parent_user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedServiceAccounts')
    AND lower(CASE WHEN parent_path LIKE '\device\harddiskvolume_\%' THEN 'c:' || substr(parent_path, 24) ELSE parent_path END)
      NOT IN (SELECT lower(value) FROM t WHERE element = 'KnownAdminTools')
    AND NOT (how = 'lineage' AND lower(path) IN (SELECT lower(value) FROM t WHERE element = 'AllowedChildren'))
),
hits AS (
  SELECT eid, coalesce(used_eid || ',', '') || eid AS eids, computer || '|' || parent_process_key AS story, how, parent_user AS from_user, user AS to_user,
    parent_path || CASE how WHEN 'child' THEN ' of ' || parent_user ELSE ', which starts no programs,' END || ' started ' || path || ' as ' || user AS summary
  FROM children
  WHERE 1 + (parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%') + (used_eid IS NOT NULL)
    >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
  UNION ALL
  SELECT eid, eid, computer || '|' || how || '|' || CASE how WHEN 'service' THEN regex_match(arguments, 'service=([^ ]+)', 1) ELSE coalesce(nullif(process_key, ''), logon_id) END, how, user, coalesce(regex_match(arguments, '(logon_user|object)=([^ ]+)', 2), ''),
    CASE how WHEN 'privilege' THEN path || ' of ' || user || ' enabled ' || regex_match(arguments, 'enabled=([A-Za-z ]+)( [a-z_]+=|$)', 1)
      WHEN 'credentials' THEN path || ' of ' || user || ' used the credentials of ' || coalesce(regex_match(arguments, 'logon_user=([^=]+) [a-z_]+=', 1), 'another user')
      WHEN 'trusted' THEN path || ' of ' || user || ' used ' || regex_match(arguments, 'enabled=([A-Za-z ]+)( [a-z_]+=|$)', 1)
      WHEN 'task' THEN user || ' registered a task that requires privileges for its token'
      WHEN 'service' THEN 'a service that writes into a pipe was installed: ' || arguments ELSE user || ' granted rights: ' || arguments END
  FROM calls
)
SELECT eid, eids, summary, how, from_user, to_user FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
