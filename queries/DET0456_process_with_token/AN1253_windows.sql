-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1253'
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, name, user, user_change, integrity_level, parent_process_key, parent_path, parent_user, parent_integrity_level FROM process_starts
  WHERE user_change IN ('to_system', 'other', 'from_system')
),
suspicious AS MATERIALIZED (
  SELECT *, instr('Low    Medium High   System', nullif(integrity_level, '')) / 7 - instr('Low    Medium High   System', nullif(parent_integrity_level, '')) / 7 AS gained
  FROM changed WHERE parent_path <> ''
    AND lower(CASE WHEN parent_path LIKE '\device\harddiskvolume_\%' THEN 'c:' || substr(parent_path, 24) ELSE parent_path END)
      NOT IN (SELECT lower(value) FROM t WHERE element = 'AllowedImpersonators')
    AND NOT (parent_path LIKE '%\runas.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryRunAs' AND path LIKE value ESCAPE '\'))
    AND (user_change <> 'from_system' OR lower(name) IN (SELECT value FROM t WHERE element = 'Interpreters') AND EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND parent_path LIKE value ESCAPE '\'))
),
handles AS MATERIALIZED (
  SELECT eid, time_ns, process_key, target_name FROM process_accesses
  WHERE process_key IN (SELECT parent_process_key FROM suspicious) AND is_self = 0 LIMIT -EXISTS (SELECT 1 FROM suspicious)
),
leaked AS MATERIALIZED (
  SELECT eid, computer, process_key, path, user, target_path FROM api_calls WHERE object_name = 'lsass.exe' AND api = 'OpenProcess' AND call_trace LIKE '%seclogon.dll%'
),
told AS MATERIALIZED (
  SELECT eid, computer, api, process_key, path, name, cmdline, user, arguments FROM api_calls WHERE api IN ('CreateProcess', 'ScriptBlock', 'AmsiScanBuffer') AND arguments_like IN (SELECT '%program=' || value FROM t WHERE element = 'RunAsPrograms'
    UNION SELECT '%' || value || '%' FROM t WHERE element = 'AccountSwitches' UNION SELECT value FROM t WHERE element = 'TokenFunctions' UNION SELECT '%runas%' UNION SELECT '%start-process%-cred%' UNION SELECT '%saps%-cred%' UNION SELECT '%start-process%name="credential"%')
),
children AS (
  SELECT s.*, (SELECT max(h.eid) FROM handles AS h WHERE h.process_key = s.parent_process_key AND h.eid < s.eid
    AND lower(h.target_name) IN (SELECT lower(value) FROM t WHERE element = 'SensitiveTargets')
    AND s.time_ns - h.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS handle
  FROM suspicious AS s
),
hits AS (
  SELECT eid, coalesce(handle || ',', '') || eid AS eids, computer || '|' || parent_process_key AS story, 'child' AS how, parent_user AS from_user, user AS to_user,
    coalesce((SELECT target_name FROM handles AS h WHERE h.eid = handle), '') AS opened, parent_path || ' of ' || parent_user || ' started ' || path || ' as ' || user AS summary
  FROM children
  WHERE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentChildUserMismatch') > 0 OR handle IS NOT NULL
    OR gained >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'IntegrityEscalationDelta')
  UNION ALL
  SELECT eid, eid, computer || '|' || process_key, 'command', user, coalesce(regex_match(lower(cmdline), '/user:"?([^ "]+)', 1), ''), '', coalesce(nullif(user, ''), 'a user') || ' ran a program that starts others as another user: ' || coalesce(nullif(cmdline, ''), path)
  FROM told WHERE api = 'CreateProcess' AND (name = 'runas.exe' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryRunAs' AND cmdline LIKE value ESCAPE '\')
      OR name <> 'runas.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'RunAsPrograms' AND arguments LIKE '%program=' || value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'AccountSwitches' AND cmdline LIKE value ESCAPE '\') OR EXISTS (SELECT 1 FROM t WHERE element = 'TokenFunctions' AND cmdline LIKE value ESCAPE '\'))
    AND NOT (cmdline LIKE '%/showtrustlevels%' OR cmdline LIKE '%/?%')
  UNION ALL
  SELECT eid, eid, computer || '|' || coalesce(nullif(process_key, ''), user), 'script', user, '', '', 'a script of ' || coalesce(nullif(user, ''), 'a user') || ' calls functions that start a process with another token'
  FROM told WHERE api <> 'CreateProcess' AND (EXISTS (SELECT 1 FROM t WHERE element = 'TokenFunctions' AND arguments LIKE value ESCAPE '\')
    OR regex_match(lower(arguments), '(start-process|saps) [^;|\n]*-cred|\(start-process\): name="credential"', 0) IS NOT NULL)
  UNION ALL
  SELECT eid, eid, computer || '|' || process_key, 'requester', user, '', 'lsass.exe', 'the Secondary Logon service was asked by a program that passes itself off as ' || target_path FROM leaked
)
SELECT eid, eids, summary, how, from_user, to_user, opened FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
