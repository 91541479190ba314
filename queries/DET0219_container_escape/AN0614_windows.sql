-- id: AN0614
-- name: Windows container reaches into its host
-- strategy: DET0219
-- technique: T1611
-- tactics: Privilege Escalation
-- platform: windows
-- description: A process of a container's own user, as the host sees it, makes or removes a file below the host's folders,
--   or its command line, a link, a file or a pipe names the root of the host's names, its disks or its container engine's
--   pipe; or a container is started with such a folder, that pipe or with the host's rights.
-- log_sources: WinEventLog:Security, WinEventLog:Sysmon
-- tables: api_calls, process_starts
-- extra: reached
-- pyramid_level: 4
-- severity: high
-- interval: 10
-- window: 60
-- tuning:
--   RestrictedHostDirs | like | file path | _:\\Windows\\% | RestrictedHostDirs | Folders of the host that containers should not write to.
--   RestrictedHostDirs | like | file path | _:\\ProgramData\\% | RestrictedHostDirs | Folders of the host that containers should not write to.
--   RestrictedHostDirs | like | file path | _:\\Program Files% | RestrictedHostDirs | Folders of the host that containers should not write to.
--   RestrictedHostDirs | like | file path | _:\\Users\\% | RestrictedHostDirs | Folders of the host that containers should not write to.
--   ContainerLayers | like | file path | _:\\ProgramData\\docker\\windowsfilter\\% | apiwatch | Where the files of containers lie on the host, which are their own.
--   ContainerLayers | like | file path | _:\\ProgramData\\containerd\\% | apiwatch | Where the files of containers lie on the host, which are their own.
--   ContainerLayers | like | file path | _:\\ProgramData\\Microsoft\\Windows\\Containers\\% | apiwatch | Where the files of containers lie on the host, which are their own.
--   ContainerLayers | like | file path | \\Device\\VhdHardDisk% | apiwatch | Where the files of containers lie on the host, which are their own.
--   ContainerUsers | like | user name | User Manager\\ContainerAdministrator | apiwatch | Users that exist within containers alone.
--   ContainerUsers | like | user name | User Manager\\ContainerUser | apiwatch | Users that exist within containers alone.
--   EscapeWords | like | command line or object | %globalroot% | apiwatch | Names that lead out of a container, in lower case.
--   EscapeWords | like | command line or object | _%\\??\\% | apiwatch | Names that lead out of a container, in lower case.
--   EscapeWords | like | command line or object | %\\\\.\\physicaldrive% | apiwatch | Names that lead out of a container, in lower case.
--   EscapeWords | like | command line or object | %\\\\.\\harddisk% | apiwatch | Names that lead out of a container, in lower case.
--   EscapeWords | like | command line or object | %\\device\\harddiskvolume% | apiwatch | Names that lead out of a container, in lower case.
--   EscapeWords | like | command line or object | %pipe\\docker\_engine% | apiwatch | Names that lead out of a container, in lower case.
--   EscapeWords | like | command line or object | %pipe\\containerd% | apiwatch | Names that lead out of a container, in lower case.
--   EscapeWords | like | command line or object | %\\global??\\% | apiwatch | Names that lead out of a container, in lower case.
--   HostMounts | like | command line | % run %-v _:\\:% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %-v "_:\\":% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %-v _:\\windows% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %-v _:/:% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %-v _:/windows% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %--volume%_:\\:% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %source=_:\\,% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %source=_:\\windows% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %src=_:\\,% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %pipe\\docker\_engine% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %pipe/docker\_engine% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %--privileged% | apiwatch | Ways to start a container that give it the host, in lower case.
--   HostMounts | like | command line | % run %hostprocess% | apiwatch | Ways to start a container that give it the host, in lower case.
-- benign:
--   A build agent or a monitoring container that is given the engine's pipe on purpose.
-- limits:
--   Files and pipes need WinEventLog:Sysmon (11, 23, 18), starts 4688 with command lines or Sysmon's 1, both on the host.
--   A container that is a machine of its own (Hyper-V isolation) shows none of its processes to the host.
--   The call that makes a global symbolic link shows with an ETW feed alone; a break-out through a driver's fault shows in what follows.
--   Sysmon does not run within a process-isolated container: what a container does is seen from the host.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0219
--   https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/container-security
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0614'
),
within AS MATERIALIZED (
  SELECT eid, api, computer, process_key, path, cmdline, target_path, arguments FROM api_calls
  WHERE api IN ('CreateProcess', 'CreateFile', 'DeleteFile', 'NtCreateSymbolicLink', 'ConnectNamedPipe') AND user LIKE 'User Manager%'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ContainerUsers' AND user LIKE value ESCAPE '\')
),
started AS MATERIALIZED (
  SELECT eid, computer, process_key, path, cmdline FROM process_starts WHERE cmdline LIKE '% run %'
),
reaching AS (
  SELECT eid, computer, process_key, path, target_path AS reached, ' of a container changed the host''s ' AS did FROM within
  WHERE api IN ('CreateFile', 'DeleteFile') AND EXISTS (SELECT 1 FROM t WHERE element = 'RestrictedHostDirs' AND target_path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ContainerLayers' AND target_path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, computer, process_key, path, CASE api WHEN 'CreateProcess' THEN cmdline ELSE target_path END, ' of a container reaches for ' FROM within
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'EscapeWords'
    AND CASE api WHEN 'CreateProcess' THEN lower(cmdline) ELSE lower('\pipe' || target_path || ' ' || arguments) END LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, computer, process_key, path, cmdline, ' gives a container its host: ' FROM started
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'HostMounts' AND lower(cmdline) LIKE value ESCAPE '\')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, process_key ORDER BY eid) AS place FROM reaching
)
SELECT eid, eid AS eids, path || did || substr(reached, 1, 160) AS summary, reached
FROM ranked
WHERE place = 1
