-- id: AN0608
-- name: Memory of a program with windows written to redirect its window's functions
-- strategy: DET0217
-- technique: T1055.011
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: Code that is not the system's gets the right to write into a running program whose windows keep pointers in extra window
--   memory, such as the shell with its tray, without the right to start or suspend threads, or maps and writes memory there
--   twice, payload and pointers, without starting or redirecting a thread.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Win32k
-- tables: process_modifications
-- extra: how, rights, code_path
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindowSetWindowLongToMessageTrigger
-- tuning:
--   TargetWindowClassRegex | text | regular expression over the executable path | [Ee]xplorer\.[Ee][Xx][Ee]$ | TargetWindowClassRegex | Programs that own windows with pointers in extra window memory (Shell_TrayWnd, Progman); the class itself is in no event.
--   ExecutionTriggerWindowMessage | text | API name | SendNotifyMessage | ExecutionTriggerWindowMessage | Calls that complete the chain where a source tells of them.
--   ExecutionTriggerWindowMessage | text | API name | PostMessage | ExecutionTriggerWindowMessage | Calls that complete the chain where a source tells of them.
--   ExecutionTriggerWindowMessage | text | API name | SetWindowLongPtr | ExecutionTriggerWindowMessage | Calls that complete the chain where a source tells of them.
--   ExecutionTriggerWindowMessage | text | API name | WriteProcessMemory | ExecutionTriggerWindowMessage | Calls that complete the chain where a source tells of them.
--   SharedSectionWriteThreshold | count | bytes | 64 | SharedSectionWriteThreshold | Least size of the payload that is mapped or written.
--   TimeWindowSetWindowLongToMessageTrigger | window | seconds | 10 | TimeWindowSetWindowLongToMessageTrigger | Longest time from the payload to the trigger.
-- benign:
--   Tools for the desktop's icons and notification area that are installed in a user's folder: they write into the shell as well.
-- limits:
--   Handles need WinEventLog:Sysmon's event 10; writes show in the trace of Microsoft-Windows-Threat-Intelligence alone.
--   No event tells of SetWindowLong, SetClassLong or of a message (etw:Microsoft-Windows-Win32k has none of them): the handle, or the writes that come before, stand for them.
--   A payload in a section that both processes share already needs no right to write and is not seen.
--   Handles with all rights or with those for threads are left to the analytics of those ways.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0217
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0608'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, rights, code_path, process_key, path, target_process_key, target_path,
    CAST(coalesce(regex_match(arguments, 'size=([0-9]+)', 1), 0) AS INTEGER) AS bytes
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0 AND is_child = 0
),
story AS (
  SELECT *, 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindowSetWindowLongToMessageTrigger') AS longest,
    max(CASE WHEN api IN ('WriteProcessMemory', 'MapViewOfSection') AND bytes >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SharedSectionWriteThreshold')
      THEN eid END) OVER earlier AS payload,
    max(CASE WHEN api IN ('WriteProcessMemory', 'MapViewOfSection') AND bytes >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SharedSectionWriteThreshold')
      THEN time_ns END) OVER earlier AS payload_ns,
    max(api IN ('CreateRemoteThread', 'QueueUserAPC', 'SetThreadContext', 'SuspendThread')) OVER earlier AS threaded
  FROM touched WHERE regex_match(target_path, (SELECT value FROM t WHERE element = 'TargetWindowClassRegex'), 0) IS NOT NULL
  WINDOW earlier AS (PARTITION BY process_key, target_process_key ORDER BY eid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
found AS (
  SELECT *, eid AS eids, 'handle' AS how FROM story
  WHERE rights LIKE '%PROCESS\_VM\_OPERATION%PROCESS\_VM\_WRITE%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\'
    AND rights NOT LIKE '%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\'
  UNION ALL
  SELECT *, payload || ',' || eid, 'write' FROM story
  WHERE api IN (SELECT value FROM t WHERE element = 'ExecutionTriggerWindowMessage') AND time_ns - payload_ns <= longest AND NOT coalesce(threaded, 0)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM found
)
SELECT eid, eids, path || CASE how WHEN 'handle' THEN ' got the right to write into ' || target_path || ', whose windows hold pointers to functions'
    ELSE ' wrote a payload and then pointers into ' || target_path || ' and started no thread there' END AS summary, how, rights, code_path
FROM ranked WHERE place = 1
