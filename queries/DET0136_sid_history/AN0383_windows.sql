-- id: AN0383
-- name: SID added to an account's SID history
-- strategy: DET0136
-- technique: T1134.005
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: An account gets an entry in its SID history, as an audit of the account or of its object in Active Directory tells, or an
--   attempt at it fails. Approved accounts and objects are reported only when the entry is a privileged SID, or when an object gets more
--   entries within the window than migration needs. While accounts migrate, ordinary entries of another domain can be left out.
--   A script, command or remote call that adds an entry, or forges a ticket with one, is told too, and a user who makes a machine a replica, the way to push one.
-- log_sources: WinEventLog:Security, etw:Microsoft-Windows-Directory-Services-SAM
-- tables: api_calls, directory_changes, script_blocks
-- extra: way, object, sid_added, is_privileged
-- pyramid_level: 5
-- severity: high
-- interval: 30
-- window: TimeWindow
-- tuning:
--   AllowedSIDHistoryChanges | like | object |  | AllowedSIDHistoryChanges | Objects, as DOMAIN\name or a distinguished name, whose migration is approved; write \\ for a backslash.
--   TimeWindow | window | seconds | 1800 | TimeWindow | Time in which an object's entries are counted.
--   PrivilegedSIDList | like | SID or account | %-500% | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   PrivilegedSIDList | like | SID or account | %-502% | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   PrivilegedSIDList | like | SID or account | %-512% | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   PrivilegedSIDList | like | SID or account | %-516% | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   PrivilegedSIDList | like | SID or account | %-518% | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   PrivilegedSIDList | like | SID or account | %-519% | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   PrivilegedSIDList | like | SID or account | %-544% | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   PrivilegedSIDList | like | SID or account | %\\Administrator | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   PrivilegedSIDList | like | SID or account | %\\% Admins | PrivilegedSIDList | SIDs, or the names that stand for them, that never belong in a SID history.
--   UserContextFilter | text | user name |  | UserContextFilter | Accounts that migrate, as DOMAIN\name.
--   AnomalousSIDCountThreshold | count | entries | 2 | AnomalousSIDCountThreshold | More entries than these for one object within the window are reported even where approved.
--   SIDHistoryFunctions | like | script text or command line | %DsAddSidHistory% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %Add-ADDBSidHistory% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %Set-AD%-%Add%SidHistory%=% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %sid::add% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %sid::patch% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %misc::addsid% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %dcshadow%sidhistory% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %.sidhistory.Add(% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %sIDHistory%.PutEx(% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %.PutEx(%sIDHistory% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %-%SidHistory%-DBPath% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %/sids:S-1-5-21-% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %-extra-sid S-1-5-21-% | apiwatch | What a script or a command holds that adds to a SID history.
--   SIDHistoryFunctions | like | script text or command line | %Set-AD%-%Replace%SidHistory%=% | apiwatch | What a script or a command holds that adds to a SID history.
--   ForeignEntries | count | 0 or 1 | 1 | apiwatch | 1 reports every entry; 0 leaves out those of ordinary accounts of another domain, as a migration makes them.
--   ReplicaNames | like | service principal name | %E3514235-4B06-11D1-AB04-00C04FC2DCD2% | apiwatch | Name of the replication service, which a domain controller writes for itself; written by another it makes a machine one that pushes what it likes into accounts.
-- benign:
--   A migration of accounts between domains: name who migrates in UserContextFilter, or set ForeignEntries to 0 while it lasts.
-- limits:
--   Written on a domain controller: Audit User Account Management (4738, 4765, 4766) or Audit Directory Service Changes (5136) of WinEventLog:Security must be on.
--   The remote call needs the trace of Microsoft-Windows-RPC, scripts WinEventLog:PowerShell, commands process creation.
--   An entry written into the database offline raises none of these events, and of a forged replication only its preparation shows.
--   An ordinary account of another domain that an attacker adds looks like a migration: with ForeignEntries 0, for the time of one, it is left out.
--   Which SIDs a logon's token holds is not in 4624: the use of the entry is not seen.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0136
--   https://learn.microsoft.com/windows/win32/api/ntdsapi/nf-ntdsapi-dsaddsidhistoryw
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0383'
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, user_sid, object, object_sid, value, operation, action, success FROM directory_changes WHERE attribute LIKE '%sidhistory%'
),
scripted AS MATERIALIZED (
  SELECT eid, computer, process_key, user, script_text AS said, 'script' AS way FROM script_blocks WHERE script_text_like IN (SELECT value FROM t WHERE element = 'SIDHistoryFunctions')
),
typed AS MATERIALIZED (
  SELECT eid, computer, process_key, user, CASE api WHEN 'CreateProcess' THEN cmdline WHEN 'DirectoryModify' THEN arguments ELSE 'DsAddSidHistory' END AS said,
    CASE api WHEN 'CreateProcess' THEN 'command' WHEN 'DirectoryModify' THEN 'replica' ELSE 'call' END AS way
  FROM api_calls WHERE api IN ('CreateProcess', 'DirectoryModify', 'drsuapi.IDL_DRSAddSidHistory')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element IN ('SIDHistoryFunctions', 'ReplicaNames') UNION SELECT '%operation=%')
),
added AS (
  SELECT *, lower(coalesce(regex_match(object, '^[Cc][Nn]=([^,]+),', 1), regex_match(object, '([^\\]+)$', 1))) AS account,
    CASE WHEN value LIKE '%SidHistory=%' THEN trim(regex_match(value, 'SidHistory=%*[{]?([^}\n]*)', 1)) ELSE trim(value) END AS sid
  FROM changed WHERE operation <> 'delete'
),
judged AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'PrivilegedSIDList' AND sid LIKE value ESCAPE '\') AS is_privileged,
    (SELECT value FROM t WHERE element = 'ForeignEntries') = '0' AND success IS NOT 0 AND regex_match(sid, '^(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-[0-9]{4,}$', 1)
      <> regex_match(coalesce(nullif(object_sid, ''), user_sid), '^(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-[0-9]+$', 1) AS is_foreign, user COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'UserContextFilter')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'AllowedSIDHistoryChanges' AND object LIKE value ESCAPE '\') AS is_allowed,
    lag(time_ns, (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'AnomalousSIDCountThreshold')) OVER (PARTITION BY computer, account ORDER BY eid) AS one_too_many_ns
  FROM (SELECT *, row_number() OVER (PARTITION BY computer, account, sid, success ORDER BY eid) AS nth FROM added WHERE sid <> '') WHERE nth = 1
),
hits AS (
  SELECT eid, computer || '|' || account AS story, 'change' AS way, object, sid AS sid_added, is_privileged,
    coalesce(nullif(user, ''), 'somebody') || CASE success WHEN 0 THEN ' tried to add ' ELSE ' added ' END || sid || ' to the SID history of ' || object AS summary
  FROM judged
  WHERE NOT is_allowed AND is_foreign IS NOT 1 OR is_privileged
    OR time_ns - one_too_many_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, computer || '|' || coalesce(nullif(process_key, ''), user), way, '', '', 0,
    CASE way WHEN 'replica' THEN user || ' makes a machine a replica that can push entries into accounts: ' || said ELSE 'a ' || way || ' of ' || coalesce(nullif(user, ''), 'a user') || ' adds to a SID history' END
  FROM (SELECT * FROM scripted UNION ALL SELECT * FROM typed)
  WHERE CASE way WHEN 'replica' THEN user <> '' AND user NOT LIKE '%$' ELSE EXISTS (SELECT 1 FROM t WHERE element = 'SIDHistoryFunctions' AND said LIKE value ESCAPE '\') END
)
SELECT eid, eid AS eids, summary, way, object, sid_added, is_privileged FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
