-- id: T1106-31
-- name: Code put into another process by a program that is not trusted
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A program outside the system and program folders allocates memory in another process, maps a section into
--   it, queues a call to it or starts a thread in it. Finds what Kusto rule
--   0xFF-0081-Process_Injection_From_Untrusted_Process-Win finds.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Threat-Intelligence
-- tables: api_calls
-- extra: api
-- pyramid_level: 5
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   APIs | text | API | QueueUserAPC | apiwatch | What counts as putting code into a process.
--   APIs | text | API | VirtualAllocEx | apiwatch | What counts as putting code into a process.
--   APIs | text | API | CreateRemoteThread | apiwatch | What counts as putting code into a process.
--   APIs | text | API | MapViewOfSection | apiwatch | What counts as putting code into a process.
--   TrustedFolders | like | path | _:\\Windows\\% | rule | Programs from here are not looked at. The rule asks a cloud service how rare a file is and who signed it; a host cannot.
--   TrustedFolders | like | path | _:\\Program Files\\% | rule | Programs from here are not looked at. The rule asks a cloud service how rare a file is and who signed it; a host cannot.
--   TrustedFolders | like | path | _:\\Program Files (x86)\\% | rule | Programs from here are not looked at. The rule asks a cloud service how rare a file is and who signed it; a host cannot.
-- benign:
--   Debuggers, test tools and games of single users.
-- limits:
--   Sysmon shows only the thread (event 8); the others need the Threat-Intelligence provider, which only protected processes may read.
--   The rule ranks files by machines of a fleet: rank findings by path where logs come together.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/FalconForceTeam/FalconFriday/blob/master/0xFF-0081-Process_Injection_From_Untrusted_Process-Win.md
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-31'
),
called AS MATERIALIZED (
  SELECT eid, process_key, path, pid, target_pid, target_path, api FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'APIs')
  LIMIT -EXISTS (SELECT 1 FROM t WHERE element = 'APIs')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, path ORDER BY eid) AS place FROM called AS c
  WHERE path <> '' AND pid <> target_pid AND target_path <> ''
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TrustedFolders' AND c.path LIKE value ESCAPE '\')
    AND lower(substr(target_path, 1, length(target_path) - length(replace(target_path, rtrim(target_path, replace(target_path, '\', '')), ''))))
      <> lower(substr(path, 1, length(path) - length(replace(path, rtrim(path, replace(path, '\', '')), ''))))
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' called ' || api || ' on ' || target_path AS summary, api FROM hits WHERE place = 1
