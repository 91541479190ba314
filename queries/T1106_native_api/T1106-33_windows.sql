-- id: T1106-33
-- name: Encoded command names a cmdlet of Empire
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: PowerShell is given an encoded command that names a cmdlet of the Empire framework. Finds what Kusto rule
--   ef88eb96-861c-43a0-ab16-f3835a97c928 finds.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: process_starts
-- extra:
-- pyramid_level: 2
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   Cmdlets | text | part of the decoded command | Invoke-Empire | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-Mimikatz | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-TokenManipulation | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-PSInject | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-ReflectivePEInjection | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-DllInjection | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-Shellcode | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-BypassUAC | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-CredentialInjection | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-EgressCheck | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-PostExfil | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-RunAs | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-WScriptBypassUAC | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-SSHCommand | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-ExecuteMSBuild | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-Inveigh | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-SMBAutoBrute | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-BackdoorLNK | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-EventVwrBypass | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-PsExec | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-NinjaCopy | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-ShareFinder | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-UserHunter | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-PowerDump | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-ARPScan | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-Paranoia | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Get-Keystrokes | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Get-SecurityPackages | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Get-ClipboardContents | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Get-GPPPassword | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Get-Screenshot | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Find-TrustedDocuments | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | New-HoneyHash | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Start-MonitorTCPConnections | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Out-Minidump | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Set-MacAttribute | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Exploit-Jenkins | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Get-SQLInstanceDomain | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Get-SiteListPassword | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-AllChecks | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-Portscan | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-ThunderStruck | apiwatch | Cmdlets of the framework.
--   Cmdlets | text | part of the decoded command | Invoke-Vnc | apiwatch | Cmdlets of the framework.
--   ParentsExcluded | like | path | %\\gc\_worker.exe | rule | Workers of guest configuration.
--   ParentsExcluded | like | path | %\\gc\_service.exe | rule | Workers of guest configuration.
-- benign:
--   None is known.
-- limits:
--   Security 4688 holds the command line only where process creation auditing is set to include it.
--   The rule fetches its list of cmdlets when it runs; here the list is tuning, with the best known of them.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/Azure/Azure-Sentinel/blob/master/Solutions/Attacker%20Tools%20Threat%20Protection%20Essentials/Analytic%20Rules/powershell_empire.yaml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-33'
),
started AS (
  SELECT eid, computer, pid, path, cmdline, parent_path, decoded_command FROM process_starts
  WHERE decoded_command LIKE '_%'
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pid, cmdline ORDER BY eid) AS place FROM started AS s
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'Cmdlets' AND instr(lower(s.decoded_command), lower(value)))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentsExcluded' AND s.parent_path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(parent_path, ''), 'a process') || ' started ' || path || ': ' || substr(cmdline, 1, 200) AS summary
FROM hits
WHERE place = 1
