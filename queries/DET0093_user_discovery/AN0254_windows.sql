-- not yet rewritten
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0254'),
acted AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, process_key, name, user, logon_id, ancestry, parent_name, coalesce(nullif(cmdline, ''), path) AS cmdline, target_path, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'connect', 'ConnectNamedPipe') AND name IN (SELECT value FROM t WHERE element = 'UserCommands')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'UserQueries' UNION SELECT '%remote_port=445%' UNION SELECT '%pipe=%srvsvc%' UNION SELECT '%pipe=%wkssvc%')
),
shown AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, path, user, process_key, cmdline, target_name, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'RegSetValueEx', 'ScriptBlock', 'ConnectNamedPipe')
    AND arguments_like IN (SELECT CASE element WHEN 'LoggedOnQueries' THEN 'script=' ELSE '' END || value FROM t WHERE element IN ('ShownBy', 'LoggedOnQueries', 'AskedPrograms') UNION SELECT 'script=%WindowsIdentity]::GetCurrent%' UNION SELECT 'share=%IPC$%')
),
piped AS (
  SELECT *, max(CASE lists WHEN 1 THEN eid END) OVER w AS list_eid, max(CASE lists WHEN 0 THEN eid END) OVER w AS other_eid,
    max(CASE lists WHEN 1 THEN time_ns END) OVER w AS list_ns, max(CASE lists WHEN 0 THEN time_ns END) OVER w AS other_ns
  FROM (SELECT *, target_name IN (SELECT value FROM t WHERE element = 'SessionPipes') AS lists FROM shown WHERE api = 'ConnectNamedPipe' AND user NOT LIKE '%$'
    AND target_name IN (SELECT value FROM t WHERE element IN ('SessionPipes', 'AccountPipes')))
  WINDOW w AS (PARTITION BY computer, lower(user) ORDER BY eid)
),
commands AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user), regex_match(lower(cmdline), '(whoami|quser|query|qwinsta|net|wmic|cmdkey|echo|dir)', 1) ORDER BY eid) AS nth
  FROM acted WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'UserQueries' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'UserChanges' AND cmdline LIKE value ESCAPE '\')
),
paired AS (
  SELECT *, CASE nth WHEN 1 THEN lag(eid) OVER firsts END AS before, CASE nth WHEN 1 THEN time_ns - lag(time_ns) OVER firsts END AS gap
  FROM commands WINDOW firsts AS (PARTITION BY computer, lower(user), nth = 1 ORDER BY eid)
),
hosts AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, regex_match(arguments, 'remote_address=([^ ]+)', 1) ORDER BY eid) AS nth
  FROM acted WHERE api = 'connect' AND arguments LIKE '%remote_port=445 %'
),
hunts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS took
  FROM hosts WHERE nth = 1 WINDOW machine AS (PARTITION BY computer, process_key ORDER BY eid)
),
hits AS (
  SELECT eid, CASE WHEN gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow') THEN before || ',' ELSE '' END || eid AS eids,
    computer || '|' || lower(user) AS story, 'command' AS how, cmdline AS command, coalesce(nullif(user, ''), 'a user') || ' asked for users: ' || cmdline AS summary
  FROM paired WHERE gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow') OR cmdline LIKE '% /%'
    OR logon_id IN ('0x3e7', '0x3e4', '0x3e5') OR EXISTS (SELECT 1 FROM t WHERE element = 'UserContext' AND user LIKE value ESCAPE '\')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessContext' AND instr(lower(ancestry), replace(lower(value), '\', '\\')) > 0)
  UNION ALL SELECT eid, eid, computer || '|' || lower(user), CASE api WHEN 'ScriptBlock' THEN 'script' ELSE 'program' END, path, coalesce(nullif(path, ''), 'a script') || ' asks who is logged on'
  FROM (SELECT *, CASE api WHEN 'ScriptBlock' THEN substr(arguments, 8) ELSE arguments END AS said FROM shown WHERE api <> 'ConnectNamedPipe')
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = CASE api WHEN 'ScriptBlock' THEN 'LoggedOnQueries' ELSE 'ShownBy' END AND said LIKE value ESCAPE '\')
      OR api = 'ScriptBlock' AND length(said) < 300 AND said LIKE '%WindowsIdentity]::GetCurrent%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IdentityChecks' AND said LIKE value ESCAPE '\'))
    AND (api = 'ScriptBlock' OR path NOT LIKE 'C:\Windows\System32\%' AND path NOT LIKE 'C:\Windows\SysWOW64\%')
  UNION ALL SELECT eid, eid, computer || '|' || lower(user), 'program', cmdline, coalesce(nullif(user, ''), 'a user') || ' asked who is logged on: ' || substr(cmdline, 1, 160)
  FROM shown WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AskedPrograms' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IdentityChecks' AND cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, min(list_eid, other_eid) || ',' || eid, computer || '|pipes', 'pipes', target_name, user || ' asked ' || computer || ' over the network for sessions and accounts'
  FROM piped WHERE abs(list_ns - other_ns) <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, computer || '|server', 'server', target_path, 'the server or workstation service of ' || computer || ' was asked from the network, as for its sessions'
  FROM acted WHERE api = 'ConnectNamedPipe' AND target_path IN ('\srvsvc', '\wkssvc')
  UNION ALL
  SELECT eid, first_eid || ',' || eid, computer || '|hunt', 'hunt', '', computer || ' asked many machines over SMB at once'
  FROM hunts WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'HuntSeconds')
)
SELECT eid, eids, summary, how, command FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
