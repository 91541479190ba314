-- id: AN1076
-- name: Process started as a shell and filled with other code
-- strategy: DET0382
-- technique: T1055.012
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: A process writes into one that it has just created and sets its thread's context or queues an APC to it
--   within the window, starts a thread in it at code that lies in no module, or opens it anew to write. Also reported are
--   an image that was replaced in memory and a program often used as a shell, started without arguments by a program
--   outside the system folders.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Kernel-Process
-- tables: api_calls, process_modifications
-- extra: how, rights
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindow_ProcessCreateToResume
-- tuning:
--   HollowedImageNamePattern | text | executable name | svchost.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | rundll32.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | regsvr32.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | dllhost.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | notepad.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | explorer.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | iexplore.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | WerFault.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | RegAsm.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | RegSvcs.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | MSBuild.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | InstallUtil.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | aspnet_compiler.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | AppLaunch.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   HollowedImageNamePattern | text | executable name | vbc.exe | HollowedImageNamePattern | Programs that are used as shells, reported when started bare by a program outside the system folders.
--   TimeWindow_ProcessCreateToResume | window | seconds | 10 | TimeWindow_ProcessCreateToResume | Longest time from the first write into the child to the redirection of its thread.
--   SuspendedProcessStartFlag | text | API name | SetThreadContext | SuspendedProcessStartFlag | Calls on the child's thread that only a child created suspended gets; the flag itself is in no event.
--   SuspendedProcessStartFlag | text | API name | QueueUserAPC | SuspendedProcessStartFlag | Calls on the child's thread that only a child created suspended gets; the flag itself is in no event.
--   MemoryWriteSizeThreshold | count | bytes | 4096 | MemoryWriteSizeThreshold | Least size of one write or mapping into the child; creating a process writes less.
--   TamperingAllowlist | like | executable path | C:\\Program Files%\\Google\\Chrome\\Application\\chrome.exe | apiwatch | Programs that map their own image anew.
--   TamperingAllowlist | like | executable path | C:\\Program Files%\\Microsoft\\Edge%\\Application\\%msedge%.exe | apiwatch | Programs that map their own image anew.
--   TamperingAllowlist | like | executable path | C:\\Program Files%\\Mozilla Firefox\\firefox.exe | apiwatch | Programs that map their own image anew.
--   TamperingAllowlist | like | executable path | C:\\Program Files%\\BraveSoftware\\Brave-Browser\\Application\\brave.exe | apiwatch | Programs that map their own image anew.
-- benign:
--   Protectors of games and licences, and debuggers outside the system folders, that patch a process before it runs.
--   A launcher in a user's folder that opens an empty editor or browser.
-- limits:
--   Handles, threads and replaced images need WinEventLog:Sysmon (10, 8, 25), bare starts process creation with command lines; writes and contexts show in the trace of
--   Microsoft-Windows-Threat-Intelligence alone. A shell with ordinary arguments is seen only by what is done to it.
--   Unmapping the image raises no event; Sysmon compares image and file when the process starts and misses later changes.
--   A creator in a system folder whose own code is the system's is left out. That the child was created suspended, and resumed, is in no event.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0382
--   https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1076'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, rights, code_path, api_frames, is_child, process_key, path, target_process_key, target_path,
    CAST(regex_match(arguments, 'size=([0-9]+)', 1) AS INTEGER) >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MemoryWriteSizeThreshold')
      AND api IN ('WriteProcessMemory', 'MapViewOfSection', 'VirtualAllocEx') AS is_write
  FROM process_modifications WHERE code_system_path = 0 AND is_self = 0
),
bare AS MATERIALIZED (
  SELECT eid, process_key, parent_process_key, path, parent_path FROM api_calls
  WHERE api = 'CreateProcess' AND name IN (SELECT lower(value) FROM t WHERE element = 'HollowedImageNamePattern') AND cmdline <> ''
    AND lower(rtrim(replace(cmdline, '"', ''))) IN (lower(path), lower(name), substr(lower(name), 1, length(name) - 4),
      'c:\windows\system32\' || lower(name), 'c:\windows\syswow64\' || lower(name))
    AND parent_path <> '' AND parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%'
),
story AS (
  SELECT *, max(CASE WHEN is_write THEN eid END) OVER pair AS written, max(CASE WHEN is_write THEN time_ns END) OVER pair AS written_ns
  FROM touched WHERE is_child = 1 WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
found AS (
  SELECT eid, written || ',' || eid AS eids, 'context' AS how, target_process_key AS victim, rights,
    path || ' wrote into its child ' || target_path || ' and redirected its thread by ' || api AS summary
  FROM story WHERE api IN (SELECT value FROM t WHERE element = 'SuspendedProcessStartFlag')
    AND time_ns - written_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow_ProcessCreateToResume')
  UNION ALL
  SELECT eid, eid, 'thread', target_process_key, rights, path || ' started a thread in its child ' || target_path || ' at code that lies in no module'
  FROM story WHERE api = 'CreateRemoteThread' AND code_path = 'UNKNOWN' AND arguments NOT LIKE 'start_address=0xffff%'
  UNION ALL
  SELECT eid, eid, 'handle', target_process_key, rights, path || ' opened its child ' || target_path || ' anew with ' || replace(rights, 'PROCESS_', '')
  FROM story WHERE (rights LIKE '%PROCESS_VM_WRITE%' OR rights LIKE '%PROCESS_CREATE_THREAD%' OR rights = 'PROCESS_ALL_ACCESS' AND api_frames = 1)
  UNION ALL
  SELECT eid, eid, 'tampering', process_key, rights, 'The image of ' || path || ' in memory is not its file (' || substr(arguments, 6) || ')'
  FROM touched WHERE api = 'ProcessTampering' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TamperingAllowlist' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, 'bare_shell', process_key, '', parent_path || ' started ' || path || ' without arguments' FROM bare
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY victim ORDER BY eid) AS place FROM found
)
SELECT eid, eids, summary, how, rights FROM ranked WHERE place = 1
