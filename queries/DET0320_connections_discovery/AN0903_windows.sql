-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0903'
),
acted AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, name, user, ancestry, parent_name, trim(coalesce(nullif(cmdline, ''), path), ' "') AS cmdline, target_path FROM api_calls
  WHERE api IN ('CreateProcess', 'ConnectNamedPipe') AND object_name IN (SELECT value FROM t WHERE element = 'ConnectionPrograms')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'CommandPatternList' UNION SELECT '%pipe=%' UNION SELECT '%IPC$%')
),
piped AS (
  SELECT eid, computer FROM acted WHERE api = 'ConnectNamedPipe' AND (target_path LIKE '%IPC$_srvsvc' OR target_path = '\srvsvc' AND name = 'System')
),
spoke AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, process_key, name, user, coalesce(nullif(cmdline, ''), path) AS cmdline, arguments FROM api_calls WHERE api IN ('ScriptBlock', 'connect', 'CreateProcess')
    AND arguments_like IN (SELECT CASE element WHEN 'CommandPatternList' THEN 'script=' ELSE '' END || value FROM t WHERE element IN ('CommandPatternList', 'AskedPrograms') UNION SELECT '%remote_port=445 %')
),
commands AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user), coalesce(regex_match(lower(cmdline), '(netstat|query|qwinsta|wmic|nbtstat|net1? +[a-z]+)', 1), name) ORDER BY eid) AS nth
  FROM acted WHERE api = 'CreateProcess'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'CommandPatternList' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ConnectionChanges' AND cmdline LIKE value ESCAPE '\')
),
paired AS (
  SELECT *, CASE nth WHEN 1 THEN lag(eid) OVER firsts END AS before, CASE nth WHEN 1 THEN time_ns - lag(time_ns) OVER firsts END AS gap
  FROM commands WINDOW firsts AS (PARTITION BY computer, lower(user), nth = 1 ORDER BY eid)
),
hosts AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key, regex_match(arguments, 'remote_address=([^ ]+)', 1) ORDER BY eid) AS nth
  FROM spoke WHERE api = 'connect' AND name = 'System' AND arguments LIKE '%remote_port=445 %'
),
hunts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'HuntHosts')) OVER machine AS took
  FROM hosts WHERE nth = 1 WINDOW machine AS (PARTITION BY computer, process_key ORDER BY eid)
),
hits AS (
  SELECT eid, CASE WHEN gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow') THEN before || ',' ELSE '' END || eid AS eids,
    computer || '|' || lower(user) AS story, 'command' AS how, cmdline AS command, coalesce(nullif(user, ''), 'a user') || ' listed connections: ' || cmdline AS summary
  FROM paired WHERE gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
    OR lower(parent_name) IN (SELECT value FROM t WHERE element = 'SuspiciousParentProcesses')
    OR NOT EXISTS (SELECT 1 FROM t WHERE element = 'InteractiveParents' AND instr(lower(ancestry), replace(lower(value), '\', '\\')) > 0)
  UNION ALL
  SELECT eid, eid, computer || '|' || coalesce(nullif(process_key, ''), lower(user)), 'script', '', 'a script of ' || coalesce(nullif(user, ''), 'a user') || ' lists connections'
  FROM spoke WHERE api = 'ScriptBlock' AND EXISTS (SELECT 1 FROM t WHERE element IN ('CommandPatternList', 'AskedPrograms') AND arguments LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer || '|' || lower(user), 'program', cmdline, coalesce(nullif(user, ''), 'a user') || ' listed connections: ' || cmdline
  FROM spoke WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AskedPrograms' AND arguments LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer || '|server', 'server', 'srvsvc', 'the server service of ' || computer || ' was asked from the network, as for its sessions' FROM piped
  UNION ALL
  SELECT eid, first_eid || ',' || eid, computer || '|hunt', 'hunt', '', computer || ' asked many machines over SMB at once, as for their sessions'
  FROM hunts WHERE took <= 1000000000 * (SELECT value FROM t WHERE element = 'HuntSeconds')
)
SELECT eid, eids, summary, how, command FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
