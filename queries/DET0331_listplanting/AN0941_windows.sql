-- id: AN0941
-- name: Memory of a list view's program allocated to be filled by messages
-- strategy: DET0331
-- technique: T1055.015
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: Code that is not the system's gets the right to allocate memory in a program with list views, but not to write there nor to
--   start threads, or allocates memory there and makes it executable without a write between: the content came by messages.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Win32k
-- tables: process_modifications
-- extra: how, rights, code_path
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow_PostMessage_to_LVM_SORTITEMS
-- tuning:
--   TargetWindowClassName | text | executable name | explorer.exe | TargetWindowClassName | Programs that own list views (SysListView32); the class itself is in no event.
--   TargetWindowClassName | text | executable name | regedit.exe | TargetWindowClassName | Programs that own list views (SysListView32); the class itself is in no event.
--   TargetWindowClassName | text | executable name | mmc.exe | TargetWindowClassName | Programs that own list views (SysListView32); the class itself is in no event.
--   TargetWindowClassName | text | executable name | Taskmgr.exe | TargetWindowClassName | Programs that own list views (SysListView32); the class itself is in no event.
--   TimeWindow_PostMessage_to_LVM_SORTITEMS | window | seconds | 30 | TimeWindow_PostMessage_to_LVM_SORTITEMS | Longest time from the allocation, which is filled by messages, to its being made executable.
--   UserContextAnomalyThreshold | count | 0 or 1 | 0 | UserContextAnomalyThreshold | 1 reports only where the target runs as another user than the caller.
--   InterprocessWindowMessagingFrequency | count | handles | 1 | InterprocessWindowMessagingFrequency | How many such handles or allocations the caller makes; each goes with a message.
-- benign:
--   Tools in a user's folder that read the items of list views, such as those that save where the desktop's icons lie.
-- limits:
--   Handles need WinEventLog:Sysmon's event 10; allocations show in the trace of Microsoft-Windows-Threat-Intelligence alone.
--   No event tells of a message (etw:Microsoft-Windows-Win32k has none of them): what is seen is memory that can be filled by nothing else.
--   A caller that asks for more rights than it needs is left to the analytics of those ways.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0331
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0941'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, rights, code_path, process_key, path, target_process_key, target_path
  FROM process_modifications
  WHERE target_name IN (SELECT lower(value) FROM t WHERE element = 'TargetWindowClassName') AND code_system_path = 0 AND is_self = 0 AND is_child = 0
    AND (target_user <> user OR '0' = (SELECT value FROM t WHERE element = 'UserContextAnomalyThreshold'))
),
story AS (
  SELECT *, max(CASE WHEN api = 'VirtualAllocEx' THEN eid END) OVER pair AS allocated, max(CASE WHEN api = 'VirtualAllocEx' THEN time_ns END) OVER pair AS allocated_ns,
    max(api IN ('WriteProcessMemory', 'MapViewOfSection', 'CreateRemoteThread', 'QueueUserAPC', 'SetThreadContext')) OVER pair AS written
  FROM touched WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
found AS (
  SELECT *, eid AS eids, 'handle' AS how FROM story
  WHERE rights LIKE '%PROCESS\_VM\_OPERATION%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_VM\_WRITE%' ESCAPE '\'
    AND rights NOT LIKE '%PROCESS\_CREATE\_THREAD%' ESCAPE '\' AND rights NOT LIKE '%PROCESS\_SUSPEND\_RESUME%' ESCAPE '\'
  UNION ALL
  SELECT *, allocated || ',' || eid, 'allocation' FROM story
  WHERE api = 'VirtualProtectEx' AND arguments LIKE '% protect=PAGE\_EXECUTE%' ESCAPE '\' AND NOT written
    AND time_ns - allocated_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_PostMessage_to_LVM_SORTITEMS')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, target_process_key ORDER BY eid) AS place FROM found
)
SELECT eid, eids, path || CASE how WHEN 'handle' THEN ' got the right to allocate in ' || target_path || ' but not to write there'
    ELSE ' made memory of ' || target_path || ' executable into which it had not written' END AS summary, how, rights, code_path
FROM ranked WHERE place = (SELECT max(1, CAST(value AS INTEGER)) FROM t WHERE element = 'InterprocessWindowMessagingFrequency')
