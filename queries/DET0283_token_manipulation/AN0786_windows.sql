-- id: AN0786
-- name: Token manipulation, or a child that runs as another user than its creator
-- strategy: DET0283
-- technique: T1134
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: A process starts a child that runs as another user, or a child appears under a system process that never
--   starts programs, told with the use of a token by the same parent within the window. Or a use of tokens by itself: a
--   program outside system folders enables a privilege that opens other users' tokens (4703) or has one of the strongest
--   checked (4673), or starts a process with the credentials of another user of this machine (4648); a service account
--   registers a task that gives its lost privileges back (4698); such privileges are granted to an account (4704); a
--   service is installed that writes into a pipe.
-- log_sources: WinEventLog:Security, WinEventLog:Sysmon
-- tables: api_calls, process_starts
-- extra: way, from_user, to_user
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TimeWindow | window | seconds | 600 | TimeWindow | Longest time from the use of a token to the child that is told with it.
--   AllowedServiceAccounts | text | user name |  | AllowedServiceAccounts | Accounts whose programs may start processes of other users, as DOMAIN\name.
--   KnownAdminTools | text | executable path | C:\Windows\System32\services.exe | KnownAdminTools | Programs that start others for other users or change tokens as their work, by full path.
--   KnownAdminTools | text | executable path | C:\Windows\System32\svchost.exe | KnownAdminTools | Programs that start others for other users or change tokens as their work, by full path.
--   KnownAdminTools | text | executable path | C:\Windows\System32\wbem\WmiPrvSE.exe | KnownAdminTools | Programs that start others for other users or change tokens as their work, by full path.
--   KnownAdminTools | text | executable path | C:\Windows\System32\winlogon.exe | KnownAdminTools | Programs that start others for other users or change tokens as their work, by full path.
--   KnownAdminTools | text | executable path | C:\Windows\System32\msiexec.exe | KnownAdminTools | Programs that start others for other users or change tokens as their work, by full path.
--   KnownAdminTools | text | executable path | C:\Windows\System32\smss.exe | KnownAdminTools | Programs that start others for other users or change tokens as their work, by full path.
--   KnownAdminTools | text | executable path | C:\Windows\explorer.exe | KnownAdminTools | Programs that start others for other users or change tokens as their work, by full path.
--   KnownAdminTools | text | executable path | C:\Windows\System32\runas.exe | KnownAdminTools | Programs that start others for other users or change tokens as their work, by full path.
--   ParentProcessAnomalyThreshold | count | points | 1 | ParentProcessAnomalyThreshold | Points that a child needs: one for its user or its parent, one for a parent outside Windows and Program Files, one for a use of a token by its parent before.
--   AllowedChildren | text | executable path | C:\Windows\System32\lsass.exe | apiwatch | What lsass.exe, csrss.exe and LsaIso.exe start for themselves: a copy to be dumped, an error report, the dialogue of encrypted files.
--   AllowedChildren | text | executable path | C:\Windows\System32\WerFault.exe | apiwatch | What lsass.exe, csrss.exe and LsaIso.exe start for themselves: a copy to be dumped, an error report, the dialogue of encrypted files.
--   AllowedChildren | text | executable path | C:\Windows\System32\WerFaultSecure.exe | apiwatch | What lsass.exe, csrss.exe and LsaIso.exe start for themselves: a copy to be dumped, an error report, the dialogue of encrypted files.
--   AllowedChildren | text | executable path | C:\Windows\System32\efsui.exe | apiwatch | What lsass.exe, csrss.exe and LsaIso.exe start for themselves: a copy to be dumped, an error report, the dialogue of encrypted files.
--   AllowedChildren | text | executable path | C:\Windows\System32\conhost.exe | apiwatch | What lsass.exe, csrss.exe and LsaIso.exe start for themselves: a copy to be dumped, an error report, the dialogue of encrypted files.
--   TokenCalls | text | API | AdjustTokenPrivileges | apiwatch | Calls that use tokens, where their caller lies outside system folders or is not named.
--   TokenCalls | text | API | CreateProcessWithLogon | apiwatch | Calls that use tokens, where their caller lies outside system folders or is not named.
--   TokenCalls | text | API | RegisterTask | apiwatch | Calls that use tokens, where their caller lies outside system folders or is not named.
--   TokenCalls | text | API | CreateService | apiwatch | Calls that use tokens, where their caller lies outside system folders or is not named.
--   TokenCalls | text | API | LsaAddAccountRights | apiwatch | Calls that use tokens, where their caller lies outside system folders or is not named.
--   TokenCalls | text | API | PrivilegeCheck | apiwatch | Calls that use tokens, where their caller lies outside system folders or is not named.
--   PipeWriters | like | command line | %echo%>%\\pipe\\% | apiwatch | Services that write into a pipe to lend their token to its server.
--   TokenPrivileges | text | privilege | SeDebugPrivilege | apiwatch | Privileges that open other users' tokens or make new ones.
--   TokenPrivileges | text | privilege | SeTcbPrivilege | apiwatch | Privileges that open other users' tokens or make new ones.
--   TokenPrivileges | text | privilege | SeCreateTokenPrivilege | apiwatch | Privileges that open other users' tokens or make new ones.
--   TokenPrivileges | text | privilege | SeAssignPrimaryTokenPrivilege | apiwatch | Privileges that open other users' tokens or make new ones.
--   TokenPrivileges | text | privilege | SeImpersonatePrivilege | apiwatch | Privileges that open other users' tokens or make new ones.
--   CheckedPrivileges | text | privilege | SeTcbPrivilege | apiwatch | Privileges whose mere check is reported of a program outside system folders that is no service.
--   CheckedPrivileges | text | privilege | SeCreateTokenPrivilege | apiwatch | Privileges whose mere check is reported of a program outside system folders that is no service.
--   CheckedPrivileges | text | privilege | SeAssignPrimaryTokenPrivilege | apiwatch | Privileges whose mere check is reported of a program outside system folders that is no service.
--   CheckedPrivileges | text | privilege | SeDebugPrivilege | apiwatch | Privileges whose mere check is reported of a program outside system folders that is no service.
--   OddFolders | like | executable path | _:\\Users\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | %\\Temp\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\PerfLogs\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\$Recycle.Bin\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\Windows\\Tasks\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\Windows\\Tracing\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\Windows\\debug\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\Windows\\System32\\spool\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\Intel\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\inetpub\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\tools\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   OddFolders | like | executable path | _:\\temp\\% | apiwatch | Where no service lies: a program there counts even if it runs as SYSTEM.
--   ServiceRights | text | right | SeIncreaseQuotaPrivilege | apiwatch | Rights that set-up grants to the account of a service: they say nothing of it, nor does SeImpersonatePrivilege after one of them.
--   ServiceRights | text | right | SeAssignPrimaryTokenPrivilege | apiwatch | Rights that set-up grants to the account of a service: they say nothing of it, nor does SeImpersonatePrivilege after one of them.
--   ServiceRights | text | right | SeServiceLogonRight | apiwatch | Rights that set-up grants to the account of a service: they say nothing of it, nor does SeImpersonatePrivilege after one of them.
--   ServiceSIDs | like | security identifier | S-1-5-80-% | apiwatch | Accounts of services and of application pools.
--   ServiceSIDs | like | security identifier | S-1-5-82-% | apiwatch | Accounts of services and of application pools.
--   ServiceSIDs | like | security identifier | S-1-5-19 | apiwatch | Accounts of services and of application pools.
--   ServiceSIDs | like | security identifier | S-1-5-20 | apiwatch | Accounts of services and of application pools.
--   ServiceSIDs | like | security identifier | S-1-5-6 | apiwatch | Accounts of services and of application pools.
--   ServiceSIDs | like | security identifier | S-1-5-32-568 | apiwatch | Accounts of services and of application pools.
-- benign:
--   runas and other ways of starting one program as another user; debuggers and process viewers outside system folders.
--   The granting of SeDebugPrivilege or SeTcbPrivilege to a service's account when it is installed; rights that services have by nature are left out.
--   Task managers, backup and development tools outside system folders that enable SeDebugPrivilege or SeImpersonatePrivilege.
-- limits:
--   Children need process creation that tells the creator's user (Sysmon 13.30, 4688) or the creator's start, privileges, credentials, tasks and grants audits of
--   WinEventLog:Security, services WinEventLog:System or 4697.
--   Functions on tokens (LogonUser, DuplicateTokenEx) raise no event; a thread that impersonates and starts nothing is not seen, nor lateral movement that follows.
--   Privileges enabled are audited (4703) only with the subcategory Token Right Adjusted; without it only the children are seen. Handles (10) are AN1253's.
--   Changes of objects in Active Directory (5136) tell nothing of tokens but SID history, which AN0383 reads; 4672 and 4634 come with every logon and are not read.
--   A change to another user of the same name in another domain looks like no change.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0283
--   https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-4703
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
    WHEN 'PrivilegeCheck' THEN 'trusted' ELSE 'grant' END AS way
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
  SELECT eid, time_ns, computer, path, user, parent_process_key, parent_path, parent_user, CASE user_change WHEN 'from_silent' THEN 'lineage' ELSE 'child' END AS way
  FROM process_starts WHERE user_change IN ('to_system', 'other', 'from_silent')
),
children AS (
  SELECT c.*, (SELECT max(u.eid) FROM calls AS u WHERE u.process_key = c.parent_process_key AND u.eid < c.eid
    AND c.time_ns - u.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS used_eid
  FROM changed AS c
  WHERE parent_path <> '' AND parent_user COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'AllowedServiceAccounts')
    AND lower(CASE WHEN parent_path LIKE '\device\harddiskvolume_\%' THEN 'c:' || substr(parent_path, 24) ELSE parent_path END)
      NOT IN (SELECT lower(value) FROM t WHERE element = 'KnownAdminTools')
    AND NOT (way = 'lineage' AND lower(path) IN (SELECT lower(value) FROM t WHERE element = 'AllowedChildren'))
),
hits AS (
  SELECT eid, coalesce(used_eid || ',', '') || eid AS eids, computer || '|' || parent_process_key AS story, way, parent_user AS from_user, user AS to_user,
    parent_path || CASE way WHEN 'child' THEN ' of ' || parent_user ELSE ', which starts no programs,' END || ' started ' || path || ' as ' || user AS summary
  FROM children
  WHERE 1 + (parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%') + (used_eid IS NOT NULL)
    >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ParentProcessAnomalyThreshold')
  UNION ALL
  SELECT eid, eid, computer || '|' || way || '|' || CASE way WHEN 'service' THEN regex_match(arguments, 'service=([^ ]+)', 1) ELSE coalesce(nullif(process_key, ''), logon_id) END, way, user, coalesce(regex_match(arguments, '(logon_user|object)=([^ ]+)', 2), ''),
    CASE way WHEN 'privilege' THEN path || ' of ' || user || ' enabled ' || regex_match(arguments, 'enabled=([A-Za-z ]+)( [a-z_]+=|$)', 1)
      WHEN 'credentials' THEN path || ' of ' || user || ' used the credentials of ' || coalesce(regex_match(arguments, 'logon_user=([^=]+) [a-z_]+=', 1), 'another user')
      WHEN 'trusted' THEN path || ' of ' || user || ' used ' || regex_match(arguments, 'enabled=([A-Za-z ]+)( [a-z_]+=|$)', 1)
      WHEN 'task' THEN user || ' registered a task that requires privileges for its token'
      WHEN 'service' THEN 'a service that writes into a pipe was installed: ' || arguments ELSE user || ' granted rights: ' || arguments END
  FROM calls
)
SELECT eid, eids, summary, way, from_user, to_user FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
