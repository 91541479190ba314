-- id: AN0162
-- name: Stored data changed by other than its own program
-- strategy: DET0059
-- technique: T1565
-- tactics: Impact
-- platform: windows
-- description: A file that decides or records something (the hosts file, an event log, a database, what stands in
--   MonitoredFilePaths) is made anew, removed, given other times or opened for writing by a program that has no
--   business with it; or a process changes several different files of structured data elsewhere within the window. Told
--   at once: a script or a command that replaces numbers of accounts or changes data on money in files and databases,
--   leaves lines out of a log, or writes the hosts file.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: file_changes, api_calls
-- extra: changed_file, files
-- pyramid_level: 3
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   MonitoredFilePaths | like | file path | %\\System32\\drivers\\etc\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\System32\\winevt\\Logs\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\System32\\LogFiles\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\inetpub\\logs\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\MSSQL%\\DATA\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\MySQL%\\data\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\PostgreSQL\\%\\data\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\Exchange Server\\%\\Mailbox\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\Windows\\NTDS\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   MonitoredFilePaths | like | file path | %\\Windows\\SYSVOL\\% | MonitoredFilePaths | Folders of data where one change is reported; add those of your business.
--   TimeWindow | window | seconds | 60 | TimeWindow | Longest time in which several files of data elsewhere are changed.
--   AuthorizedProcesses | like | executable path | System | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\System32\\svchost.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\System32\\lsass.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\System32\\dfsrs.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\System32\\msiexec.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\System32\\poqexec.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\WinSxS\\%\\TiWorker.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\servicing\\TrustedInstaller.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\System32\\vssvc.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Windows\\System32\\wbengine.exe | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\% | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Program Files\\Windows Defender\\% | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Program Files%\\Microsoft SQL Server\\% | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Program Files%\\MySQL\\% | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Program Files%\\PostgreSQL\\% | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Program Files\\Microsoft\\Exchange Server\\% | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   AuthorizedProcesses | like | executable path | C:\\Program Files\\Docker\\% | AuthorizedProcesses | Programs that may change such files: their own, the system's, and those that back up.
--   DataNames | text | file name | hosts | apiwatch | Files without an ending of their own that are data.
--   DataNames | text | file name | hosts.ics | apiwatch | Files without an ending of their own that are data.
--   DataNames | text | file name | lmhosts | apiwatch | Files without an ending of their own that are data.
--   DataNames | text | file name | networks | apiwatch | Files without an ending of their own that are data.
--   DataNames | text | file name | protocol | apiwatch | Files without an ending of their own that are data.
--   DataNames | text | file name | services | apiwatch | Files without an ending of their own that are data.
--   DataNames | text | file name | ntds.dit | apiwatch | Files without an ending of their own that are data.
--   DataExtensions | text | extension | mdf | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | ndf | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | ldf | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | edb | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | dit | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | ibd | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | myd | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | frm | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | accdb | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | mdb | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | dbf | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | evtx | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | evt | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | qbw | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | sdf | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | fdb | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | gdb | apiwatch | Endings of files of structured data and of logs.
--   DataExtensions | text | extension | ora | apiwatch | Endings of files of structured data and of logs.
--   DistinctFiles | count | files | 5 | apiwatch | How many files of data outside the monitored folders a process changes within the window to be reported.
--   ChangeScripts | like | script or command line | %-replace%Set-Content% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %-replace%Out-File% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %-replace%WriteAllText% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %-replace%-Value% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %.Replace(%Set-Content% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %.Replace(%WriteAllText% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %.Replace(%Out-File% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %IBAN%Set-Content% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %IBAN%.Save(% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %IBAN%Export-Csv% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %Cdtr%.Save(% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %Import-Csv%Export-Csv% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %Invoke-Sqlcmd%UPDATE %SET % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %sqlcmd%UPDATE %SET % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %osql%UPDATE %SET % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %mysql%UPDATE %SET % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %psql%UPDATE %SET % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %ExecuteNonQuery% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %CommandText%UPDATE %SET % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %CommandText%DELETE FROM % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %.log%-notmatch%Set-Content% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %-notmatch%Set-Content%.log% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %drivers\\etc\\hosts% | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %sqlite3%UPDATE %SET % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   ChangeScripts | like | script or command line | %isql%UPDATE %SET % | apiwatch | Scripts and commands that change stored data; those that speak of neither Payments nor a number of an account are left out.
--   Payments | like | script or command line | %IBAN% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %balance% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %amount% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %bankaccount% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %bank\_acc% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %accountnumber% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %account\_no% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %acct% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %payee% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %beneficiary% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %creditor% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %Cdtr% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %routing% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %sort\_code% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %sortcode% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %salary% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %swift% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %creditlimit% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %credit\_limit% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %invoice% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %payment% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %ledger% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %transaction%SET% | apiwatch | Words of data on money, and of lines left out of a log.
--   Payments | like | script or command line | %-notmatch% | apiwatch | Words of data on money, and of lines left out of a log.
-- benign:
--   An administrator who edits the hosts file; a virtual private network or an ad blocker that writes it.
--   A database program installed outside the listed folders.
-- limits:
--   Making, removing and times need WinEventLog:Sysmon (11, 23, 26, 2), opening for writing audits of the files in WinEventLog:Security (4663, 4656).
--   Sysmon tells when a file is made or overwritten as a whole, not when a part is changed: that needs auditing of the file (4663).
--   Of Sysmon's events only files of DataNames and DataExtensions are looked at. What ran the program, and that it did so by right, is not in them.
--   A change within a database by its own program (SQL) shows only in a command or a script that holds the statement and speaks of money.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0059
--   https://learn.microsoft.com/windows/security/threat-protection/auditing/event-4663
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0162'
),
named AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, action FROM file_changes
  WHERE target_name IN (SELECT value FROM t WHERE element = 'DataNames') AND success = 1
),
typed AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, action FROM file_changes
  WHERE target_extension IN (SELECT value FROM t WHERE element = 'DataExtensions') AND success = 1
),
said AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, api, user, access_rights, target_path, cmdline, arguments FROM api_calls WHERE api IN ('CreateFile', 'ScriptBlock', 'CreateProcess')
    AND arguments_like IN (SELECT CASE element WHEN 'MonitoredFilePaths' THEN 'access=%file=' WHEN 'ChangeScripts' THEN '%' END || value FROM t WHERE element IN ('MonitoredFilePaths', 'ChangeScripts'))
),
written AS (
  SELECT eid, time_ns, computer, pid, process_key, path, target_path, 'write' AS action FROM said
  WHERE api = 'CreateFile' AND (access_rights LIKE '%WRITE\_DATA%' ESCAPE '\' OR access_rights LIKE '%APPEND%' OR access_rights LIKE '%DELETE%' OR access_rights LIKE '%GENERIC\_WRITE%' ESCAPE '\' OR access_rights LIKE '%ALL\_ACCESS%' ESCAPE '\')
),
told AS (
  SELECT eid, computer, coalesce(nullif(process_key, ''), user) AS actor, coalesce(nullif(path, ''), 'a script') AS who, substr(replace(CASE api WHEN 'ScriptBlock' THEN substr(arguments, 8) ELSE cmdline END, char(10), ' '), 1, 200) AS words,
    row_number() OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), user) ORDER BY eid) AS place FROM said
  WHERE api <> 'CreateFile' AND length(arguments) < 16384 AND EXISTS (SELECT 1 FROM t WHERE element = 'ChangeScripts' AND arguments LIKE '%' || value ESCAPE '\')
    AND CASE WHEN arguments LIKE '%drivers\etc\hosts%' THEN regex_match(lower(arguments), '(echo |add-content|set-content|out-file|appendalltext|writealltext|copy |>>)', 0) IS NOT NULL
      ELSE EXISTS (SELECT 1 FROM t WHERE element = 'Payments' AND arguments LIKE value ESCAPE '\') AND (arguments LIKE '%UPDATE %SET %' OR arguments LIKE '%DELETE FROM%' OR arguments LIKE '%Set-Content%' OR arguments LIKE '%.Save(%' OR arguments LIKE '%Export-Csv%' OR arguments LIKE '%WriteAllText%')
        OR regex_match(arguments, 'eplace *[(]?[ ''"]*[A-Za-z]{0,2}[0-9]{2}[A-Z0-9 ]{8,30}[''"]', 0) IS NOT NULL END
),
changed AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'MonitoredFilePaths' AND target_path LIKE value ESCAPE '\') AS monitored
  FROM (SELECT * FROM named UNION ALL SELECT * FROM typed UNION ALL SELECT * FROM written)
  WHERE path <> '' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AuthorizedProcesses' AND path LIKE value ESCAPE '\')
),
first_changes AS ( -- of a file by a process
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key, lower(target_path) ORDER BY eid) AS nth FROM changed
  WHERE monitored OR eid IN (SELECT eid FROM typed)
),
counted AS (
  SELECT *, lag(eid, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctFiles')) OVER w AS first_eid,
    lag(time_ns, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctFiles')) OVER w AS since_ns
  FROM first_changes WHERE nth = 1
  WINDOW w AS (PARTITION BY computer, pid, process_key ORDER BY eid)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, process_key ORDER BY eid) AS place FROM counted
  WHERE monitored OR time_ns - since_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, CASE WHEN monitored OR first_eid = eid THEN eid ELSE first_eid || ',' || eid END AS eids,
  path || CASE action WHEN 'delete' THEN ' removed ' WHEN 'times' THEN ' set the times of ' WHEN 'write' THEN ' wrote ' ELSE ' made ' END || target_path
    || CASE WHEN monitored THEN '' ELSE ' and other files of data' END AS summary,
  target_path AS changed_file, CASE WHEN monitored THEN 1 ELSE (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctFiles') END AS files
FROM ranked
WHERE place = 1
UNION ALL
SELECT eid, CAST(eid AS TEXT), who || ' changes stored data: ' || words, words, 1 FROM told WHERE place = 1
