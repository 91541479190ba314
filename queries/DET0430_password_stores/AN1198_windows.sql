-- not yet rewritten
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, success, object_name, target_path, arguments, path, lower(name) AS name, system_path, cmdline, user, process_key, logon_id, computer
  FROM api_calls
  WHERE object_name IN (SELECT CASE element WHEN 'PasswordPrompts' THEN value ELSE lower(value) END FROM t WHERE element IN ('TargetProcesses', 'StoreFiles', 'Commands', 'PasswordPrompts', 'StoreLibraries'))
    AND api IN ('OpenProcess', 'LoadLibrary', 'CreateRemoteThread', 'CreateFile', 'ConnectNamedPipe', 'CreateProcess', 'LsaLogonUser', 'ReadProcessMemory')
),
called AS MATERIALIZED (
  SELECT eid, time_ns, api, target_path, arguments, path, lower(name) AS name, system_path, user, process_key, logon_id, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'StoreCalls')
),
outside AS (
  SELECT * FROM seen WHERE (system_path = 0 AND path <> '' OR name IN (SELECT value FROM t WHERE element = 'VaultReaders'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
),
said AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, cmdline, target_path, path, user, process_key, logon_id, computer FROM api_calls WHERE api IN ('ScriptBlock', 'AmsiScanBuffer', 'CreateProcess', 'CreateFile')
    AND arguments_like IN (SELECT CASE element WHEN 'ScriptPatterns' THEN '%script=' WHEN 'DumpFiles' THEN '%file=' ELSE '' END || value FROM t WHERE element IN ('ScriptPatterns', 'ToolCommands', 'SavingTools', 'DumpFiles'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')),
ways AS (
  SELECT eid, time_ns, process_key, computer, logon_id, path, target_path AS object, 'reaches into a program that holds credentials' AS how FROM outside
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'TargetProcesses') AND lower(path) <> lower(target_path)
    AND NOT (name IN (SELECT value FROM t WHERE element = 'VaultReaders') AND arguments IN (SELECT 'access=' || replace(value, ' ', '|') FROM t WHERE element = 'InventoryRights'))
    AND (api IN ('CreateRemoteThread', 'ReadProcessMemory') OR arguments LIKE '%VM_READ%' OR arguments LIKE '%ALL_ACCESS%')
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, coalesce(nullif(path, ''), user), target_path, 'opens a store of credentials' FROM seen AS s
  WHERE api IN ('CreateFile', 'ConnectNamedPipe') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'BrowserFiles' AND target_path LIKE value ESCAPE '\') AND lower(object_name) NOT IN (SELECT lower(value) FROM t WHERE element = 'StoreLibraries') OR lower(object_name) IN (SELECT lower(value) FROM t WHERE element = 'CopiedFiles'))
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, coalesce(nullif(path, ''), user), replace(substr(arguments, 8, 200), char(10), ' '), 'runs a script that reads stored credentials' FROM said WHERE api IN ('ScriptBlock', 'AmsiScanBuffer')
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, path, cmdline, 'is told to read stored credentials' FROM (
    SELECT eid, time_ns, process_key, computer, logon_id, path, cmdline FROM seen WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'KeywordPatterns' AND cmdline LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\') UNION ALL
    SELECT eid, time_ns, process_key, computer, logon_id, path, cmdline FROM said WHERE api = 'CreateProcess' AND path NOT LIKE '_:\Program Files%' AND (EXISTS (SELECT 1 FROM t WHERE element = 'ToolCommands' AND cmdline LIKE value ESCAPE '\')
      OR path NOT LIKE 'C:\Windows\System32\%' AND (arguments NOT LIKE '% program=%' OR EXISTS (SELECT 1 FROM t WHERE element = 'SavedByTools' AND arguments LIKE '% program=' || value ESCAPE '\')) AND EXISTS (SELECT 1 FROM t WHERE element = 'SavingTools' AND cmdline LIKE value ESCAPE '\')))
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, path, target_path, 'writes what it took out of stores of credentials' FROM said WHERE api = 'CreateFile' AND path NOT LIKE '_:\Program Files%' AND path NOT LIKE 'C:\Windows\System32\%'
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, path, target_path, 'brings or loads the libraries that open stores of browsers' FROM seen WHERE lower(object_name) IN (SELECT lower(value) FROM t WHERE element = 'StoreLibraries')
    AND (api = 'LoadLibrary' AND object_name COLLATE NOCASE <> 'sqlite3.dll' OR EXISTS (SELECT 1 FROM t WHERE element = 'LibraryDrops' AND target_path LIKE value ESCAPE '\'))
    AND (name IN (SELECT value FROM t WHERE element = 'VaultReaders') OR NOT EXISTS (SELECT 1 FROM t WHERE element IN ('LibraryOwners', 'StoreKeepers') AND path LIKE value ESCAPE '\'))
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, path, object_name, 'checks the user''s password again after a wrong one' FROM (
    SELECT *, lag(success) OVER w AS last, time_ns - lag(time_ns) OVER w AS since FROM seen WHERE api = 'LsaLogonUser' WINDOW w AS (PARTITION BY computer, process_key ORDER BY eid))
  WHERE success = 1 AND last = 0 AND since <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, coalesce(nullif(path, ''), user), coalesce(nullif(target_path, ''), 'all'), 'reads the Vault' FROM called
  WHERE api <> 'DirectoryAccess' AND arguments NOT LIKE '%CredentialsReturned=0%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryItems' AND target_path LIKE value ESCAPE '\')
    AND (system_path = 0 AND (path <> '' OR user NOT LIKE '%$') OR name IN (SELECT value FROM t WHERE element = 'VaultReaders'))
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, user, arguments, 'reads the key of the domain to all DPAPI keys' FROM called
  WHERE api = 'DirectoryAccess' AND user NOT LIKE '%$' AND EXISTS (SELECT 1 FROM t WHERE element = 'SecretObjects' AND arguments LIKE '% object=' || value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, logon_id, user, arguments, 'reads the DPAPI keys of several users' FROM (
    SELECT *, row_number() OVER (PARTITION BY computer, user ORDER BY eid) AS objects FROM (
      SELECT *, row_number() OVER (PARTITION BY computer, user, substr(arguments, 1, instr(arguments, ' attribute=')) ORDER BY eid) AS again FROM called
      WHERE user NOT LIKE '%$' AND EXISTS (SELECT 1 FROM t WHERE element = 'SecretAttributes' AND instr(arguments, value)))
    WHERE again = 1)
  WHERE objects >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctObjects')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), logon_id) ORDER BY eid) AS before,
    row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || object AS summary, how, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
