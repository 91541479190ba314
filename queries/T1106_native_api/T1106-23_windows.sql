-- id: T1106-23
-- name: Script names an API function of discovery
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A PowerShell script names a function that lists users, groups, sessions, shares or trusts. Finds what
--   Elastic rule 61ac3638-40a3-44b2-855a-985636ca985e finds.
-- log_sources: WinEventLog:PowerShell
-- tables: script_blocks
-- extra: matched, block_id
-- pyramid_level: 3
-- severity: low
-- interval: 60
-- window: 1
-- tuning:
--   Functions | text | word | NetShareEnum | apiwatch | One of these is enough.
--   Functions | text | word | NetWkstaUserEnum | apiwatch | One of these is enough.
--   Functions | text | word | NetSessionEnum | apiwatch | One of these is enough.
--   Functions | text | word | NetLocalGroupEnum | apiwatch | One of these is enough.
--   Functions | text | word | NetLocalGroupGetMembers | apiwatch | One of these is enough.
--   Functions | text | word | DsGetSiteName | apiwatch | One of these is enough.
--   Functions | text | word | DsEnumerateDomainTrusts | apiwatch | One of these is enough.
--   Functions | text | word | WTSEnumerateSessionsEx | apiwatch | One of these is enough.
--   Functions | text | word | WTSQuerySessionInformation | apiwatch | One of these is enough.
--   Functions | text | word | LsaGetLogonSessionData | apiwatch | One of these is enough.
--   Functions | text | word | QueryServiceObjectSecurity | apiwatch | One of these is enough.
--   Functions | text | word | GetComputerNameEx | apiwatch | One of these is enough.
--   Functions | text | word | NetWkstaGetInfo | apiwatch | One of these is enough.
--   Functions | text | word | GetUserNameEx | apiwatch | One of these is enough.
--   Functions | text | word | NetUserEnum | apiwatch | One of these is enough.
--   Functions | text | word | NetUserGetInfo | apiwatch | One of these is enough.
--   Functions | text | word | NetGroupEnum | apiwatch | One of these is enough.
--   Functions | text | word | NetGroupGetInfo | apiwatch | One of these is enough.
--   Functions | text | word | NetGroupGetUsers | apiwatch | One of these is enough.
--   Functions | text | word | NetWkstaTransportEnum | apiwatch | One of these is enough.
--   Functions | text | word | NetServerGetInfo | apiwatch | One of these is enough.
--   Functions | text | word | LsaEnumerateTrustedDomains | apiwatch | One of these is enough.
--   Functions | text | word | NetScheduleJobEnum | apiwatch | One of these is enough.
--   Functions | text | word | NetUserModalsGet | apiwatch | One of these is enough.
--   ScriptPathsExcluded | like | script path | _:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\DataCollection\\% | rule | Script files that are not looked at.
--   ScriptPathsExcluded | like | script path | C:\\Program Files (x86)\\Automox\\WDK\\Win32\\WinSession\\% | rule | Script files that are not looked at.
--   DiscoveryWords | text | word | DsGetSiteName | rule | A script that has all of these is not looked at: System Center discovers a computer.
--   DiscoveryWords | text | word | DiscoverWindowsComputerProperties.ps1 | rule | A script that has all of these is not looked at: System Center discovers a computer.
--   DiscoveryWords | text | word | param($SourceType, $SourceId, $ManagedEntityId, $ComputerIdentity) | rule | A script that has all of these is not looked at: System Center discovers a computer.
--   AddTypeWords | text | word | # Copyright: (c) 2018, Ansible Project | rule | A script that has all of these is not looked at: Ansible.
--   AddTypeWords | text | word | #Requires -Module Ansible.ModuleUtils.AddType | rule | A script that has all of these is not looked at: Ansible.
--   AddTypeWords | text | word | #AnsibleRequires -CSharpUtil Ansible.Basic | rule | A script that has all of these is not looked at: Ansible.
--   SetupWords | text | word | Ansible.Windows.Setup | rule | A script that has all of these is not looked at: Ansible gathers facts.
--   SetupWords | text | word | NativeMethods.NetWkstaGetInfo(null, 100, out netBuffer); | rule | A script that has all of these is not looked at: Ansible gathers facts.
-- benign:
--   A script of an administrator or of a management agent that calls the Windows API itself.
-- limits:
--   Only what PowerShell logs as a script block (event 4104, script block logging) is seen; text made at run time shows in a block of its own.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/discovery_posh_suspicious_api_functions.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-23'
),
blocks AS MATERIALIZED (
  SELECT eid, process_key, block_id, user_sid, script_path, ' ' || lower(script_text) || ' ' AS text FROM script_blocks WHERE what = 'block'
    AND script_text_like IN (SELECT '%' || replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') || '%' FROM t WHERE element = 'Functions')
),
hits AS (
  SELECT eid, block_id, row_number() OVER (PARTITION BY process_key, block_id ORDER BY eid) AS place,
    (SELECT group_concat(value, ' ') FROM t WHERE element IN ('Functions') AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*') AS matched
  FROM blocks AS b
  WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'Functions' AND instr(b.text, lower(value)) AND replace(b.text, lower(value), char(1)) GLOB '*[^a-z0-9_-]' || char(1) || '[^a-z0-9_-]*'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ScriptPathsExcluded' AND b.script_path LIKE value ESCAPE '\')
    AND NOT (NOT EXISTS (SELECT 1 FROM t WHERE element = 'DiscoveryWords' AND NOT (instr(b.text, lower(value)))) AND EXISTS (SELECT 1 FROM t WHERE element = 'DiscoveryWords'))
    AND NOT (NOT EXISTS (SELECT 1 FROM t WHERE element = 'AddTypeWords' AND NOT (instr(b.text, lower(value)))) AND EXISTS (SELECT 1 FROM t WHERE element = 'AddTypeWords'))
    AND NOT (NOT EXISTS (SELECT 1 FROM t WHERE element = 'SetupWords' AND NOT (instr(b.text, lower(value)))) AND EXISTS (SELECT 1 FROM t WHERE element = 'SetupWords'))
)
SELECT eid, CAST(eid AS TEXT) AS eids, 'a script names ' || matched AS summary, matched, block_id FROM hits WHERE place = 1
