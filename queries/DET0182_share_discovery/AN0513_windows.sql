-- not yet rewritten
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0513'),
acted AS MATERIALIZED (SELECT eid, time_ns, computer, api, process_key, name, user, parent_name, parent_path, parent_process_key, coalesce(nullif(cmdline, ''), path) AS cmdline, cmdline = '' AS bare, target_path, target_name, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'ConnectNamedPipe') AND name IN (SELECT value FROM t WHERE element = 'SharePrograms')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element IN ('ShareQueries', 'ShareFunctions', 'ShareSweeps') UNION SELECT '%pipe=%' UNION SELECT '%application\_name=%net%')
),
spoke AS MATERIALIZED (SELECT eid, time_ns, computer, api, process_key, path, user, logon_id, cmdline, target_path, arguments, target_name FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'ShareCalls' UNION SELECT 'CreateProcess') AND arguments_like IN (SELECT 'command\_line=' || value FROM t WHERE element = 'AskedPrograms' UNION SELECT value FROM t WHERE element = 'ShareWords')
),
scanners AS MATERIALIZED (SELECT eid, time_ns, computer, path, user, description FROM process_starts WHERE description LIKE '%scan%'),
found AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, 'command' AS how, cmdline AS command, coalesce(nullif(user, ''), 'a user') || ' listed shares: ' || cmdline AS summary FROM acted
  WHERE api = 'CreateProcess' AND (EXISTS (SELECT 1 FROM t WHERE element = 'ShareQueries' AND cmdline LIKE value ESCAPE '\')
      AND (name NOT IN ('cmd.exe', 'powershell.exe', 'pwsh.exe') OR regex_match(lower(cmdline), '[ "&;(]net1?([.]exe)? +(view|share)', 0) IS NOT NULL)
    OR name <> 'cmd.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'ShareFunctions' AND cmdline LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ShareChanges' AND cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, computer, user, CASE api WHEN 'ScriptBlock' THEN 'script' ELSE 'call' END, path, CASE api WHEN 'ScriptBlock' THEN 'a script of ' || coalesce(nullif(user, ''), 'a user') ELSE coalesce(nullif(path, ''), 'a process') END || ' lists shares'
  FROM spoke WHERE api LIKE 'srvsvc.%' OR api = 'ScriptBlock' AND (EXISTS (SELECT 1 FROM t WHERE element = 'ShareFunctions' AND arguments LIKE value ESCAPE '\')
    OR length(arguments) < 4096 AND EXISTS (SELECT 1 FROM t WHERE element = 'ShareSweeps' AND arguments LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SweepUses' AND arguments LIKE value ESCAPE '\'))
  UNION ALL SELECT eid, time_ns, computer, user, 'command', cmdline, coalesce(nullif(user, ''), 'a user') || ' looks at the shares of many machines: ' || substr(cmdline, 1, 160) FROM acted
  WHERE api = 'CreateProcess' AND name IN ('cmd.exe', 'powershell.exe', 'pwsh.exe') AND EXISTS (SELECT 1 FROM t WHERE element = 'ShareSweeps' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'SweepUses' AND cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, computer, user, 'bare', parent_path, parent_path || ' started ' || cmdline || ' again and again, as for shares' FROM (
    SELECT *, lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'BareCommands')) OVER (PARTITION BY computer, parent_process_key ORDER BY eid) AS first FROM acted
    WHERE api = 'CreateProcess' AND bare AND name = 'net.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'ForeignFolders' AND parent_path LIKE value ESCAPE '\'))
  WHERE time_ns - first <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds')
  UNION ALL SELECT eid, time_ns, computer, user, 'command', cmdline, coalesce(nullif(user, ''), 'a user') || ' listed shares: ' || substr(cmdline, 1, 160) FROM spoke
  WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AskedPrograms' AND cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, computer, user, 'scanner', path, path || ' says of itself: ' || description FROM scanners
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'ScannerDescriptions' AND description LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, computer, '', 'server', target_path, 'the server service of ' || computer || ' was asked from the network, as for its shares'
  FROM (SELECT eid, time_ns, computer, api, target_path, target_name FROM acted WHERE name = 'System' AND target_path = '\' || target_name UNION ALL SELECT eid, time_ns, computer, api, target_path, target_name FROM spoke WHERE api = 'ConnectNamedPipe')
  WHERE api = 'ConnectNamedPipe' AND target_name IN (SELECT value FROM t WHERE element = 'SharePipes') AND target_name NOT IN (SELECT value FROM t WHERE element = 'PipeNameAllowList')
  UNION ALL SELECT eid, time_ns, computer, user, 'added', target_path, 'a share was made on ' || computer || ': ' || coalesce(regex_match(arguments, 'ShareName=([^ ]+)', 1), target_path) FROM spoke
  WHERE api = 'NetShareAdd' OR api = 'RegSetValueEx' AND target_path LIKE '%\LanmanServer\Shares\%' AND target_path NOT LIKE '%\Shares\Security\%'
),
hosts AS ( -- machines that a process asks, and shares that a session tries
  SELECT *, row_number() OVER (PARTITION BY computer, api, actor, lower(asked) ORDER BY eid) AS nth FROM (SELECT *, CASE api WHEN 'connect' THEN process_key ELSE logon_id END AS actor,
    CASE api WHEN 'connect' THEN regex_match(arguments, 'remote_address=([^ ]+)', 1) ELSE target_path END AS asked FROM spoke WHERE api = 'NetShareConnect' AND logon_id <> '' OR api = 'connect')
),
bursts AS (
  SELECT *, lag(eid, (SELECT value - 1 FROM t WHERE element = 'BurstHostThreshold')) OVER machine AS first_eid,
    time_ns - lag(time_ns, (SELECT value - 1 FROM t WHERE element = 'BurstHostThreshold')) OVER machine AS took
  FROM hosts WHERE nth = 1 WINDOW machine AS (PARTITION BY computer, api, actor ORDER BY eid)
),
followed AS (
  SELECT *, max(CASE WHEN is_command THEN eid END) OVER (PARTITION BY computer ORDER BY eid) AS command_eid FROM (SELECT eid, time_ns, computer, 0 AS is_command, first_eid, took FROM bursts WHERE first_eid IS NOT NULL AND api = 'connect'
    UNION ALL SELECT eid, time_ns, computer, 1, NULL, NULL FROM found WHERE how IN ('command', 'script', 'call', 'scanner'))
),
hits AS (
  SELECT eid, eid AS eids, computer || '|' || how || '|' || lower(user) AS story, how, command, summary FROM found
  WHERE user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
  UNION ALL SELECT b.eid, coalesce(c.eid || ',', '') || b.first_eid || ',' || b.eid, b.computer || '|burst', 'burst', coalesce(c.command, ''),
    b.computer || ' connected over SMB to many machines' || coalesce(' after ' || nullif(c.command, ''), '')
  FROM followed AS b LEFT JOIN found AS c ON c.eid = b.command_eid AND b.time_ns - c.time_ns <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
  WHERE NOT b.is_command AND (b.took <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds')
    OR c.eid IS NOT NULL AND b.took <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow'))
  UNION ALL SELECT eid, first_eid || ',' || eid, computer || '|shares|' || lower(user), 'shares', '', user || ' tried many shares of ' || computer FROM bursts
  WHERE api <> 'connect' AND took <= 1000000000 * (SELECT value FROM t WHERE element = 'BurstSeconds') AND user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedDiscoveryAccounts')
)
SELECT eid, eids, summary, how, command FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
