-- id: AN0119
-- name: Location asked for by a command, a script or a look-up of the own address
-- strategy: DET0043
-- technique: T1614
-- tactics: Discovery
-- platform: windows
-- description: One of four: a command line of a listed program, or a script, names what tells the home location or a
--   service that tells where an address lies; a program that is no browser asks DNS for such a service; or one parent or
--   script asks for locale, time zone or keyboard in at least two different ways within the window.
-- log_sources: WinEventLog:Security
-- tables: process_starts, script_blocks, network_flows
-- extra: way
-- pyramid_level: 2
-- severity: low
-- interval: 30
-- window: TimeWindow
-- tuning:
--   ParentProcessAllowList | text | executable path | C:\Windows\CCM\CcmExec.exe | ParentProcessAllowList | Parents and programs that may ask, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\msiexec.exe | ParentProcessAllowList | Parents and programs that may ask, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\servicing\TrustedInstaller.exe | ParentProcessAllowList | Parents and programs that may ask, by full path.
--   ParentProcessAllowList | text | executable path | C:\Windows\System32\gpscript.exe | ParentProcessAllowList | Parents and programs that may ask, by full path.
--   ParentProcessAllowList | text | executable path | C:\Program Files (x86)\Microsoft Intune Management Extension\Microsoft.Management.Services.IntuneWindowsAgent.exe | ParentProcessAllowList | Parents and programs that may ask, by full path.
--   ParentProcessAllowList | text | executable path | C:\Program Files\Microsoft Monitoring Agent\Agent\MonitoringHost.exe | ParentProcessAllowList | Parents and programs that may ask, by full path.
--   ParentProcessAllowList | text | executable path | C:\Program Files\VMware\VMware Tools\vmtoolsd.exe | ParentProcessAllowList | Parents and programs that may ask, by full path.
--   TimeWindow | window | seconds | 120 | TimeWindow | Longest time between different ways of asking.
--   DistinctWays | count | ways | 2 | apiwatch | How many different ways of asking for locale, time zone or keyboard are reported.
--   LocationCommands | text | executable name | reg.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | tzutil.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | w32tm.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | wmic.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | curl.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | powershell.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | pwsh.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | cmd.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | systeminfo.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LocationCommands | text | executable name | chcp.com | apiwatch | Programs of the system whose command lines are looked at.
--   LocationKeywords | like | command line or script | %get-winhomelocation% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %query%international\\geo% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %get-item%international\\geo% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %gp %international\\geo% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %geocoordinatewatcher% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %windows.devices.geolocation% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %getgeoinfo% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %getusergeoid% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ipinfo.io% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ip-api.com% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ipapi.co% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ipwho.is% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ifconfig.me% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ifconfig.co% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %freegeoip% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %geoiplookup% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %geoplugin.net% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %api.ipify.org% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ipgeolocation.io% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %icanhazip% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %checkip.dyndns% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %checkip.amazonaws% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %api.ip.sb% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %geojs.io% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %reallyfreegeoip% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %db-ip.com% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %myexternalip% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %wtfismyip% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ipecho.net% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %extreme-ip-lookup% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %ipwhois.app% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %whatismyipaddress% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %api.2ip.% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %api.myip.com% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %169.254.169.254%location% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %169.254.169.254%placement% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %169.254.169.254%availability% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %metadata.google.internal%zone% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %civicaddressresolver% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   LocationKeywords | like | command line or script | %currentversion\\capabilityaccessmanager\\consentstore\\location% | apiwatch | Command lines and scripts that ask and are reported by themselves.
--   HintKeywords | like | command line or script | %nls\\locale% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %control panel\\international% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %\\timezoneinformation% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %tzutil%/g% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %w32tm%/tz% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %get-timezone% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %get-culture% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %get-winsystemlocale% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %wmic%timezone% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %keyboard layout% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %os get locale% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %getlocaleinfo% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %gettimezoneinformation% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %get-uiculture% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %get-winuserlanguagelist% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %nls\\language% | apiwatch | Ways of asking that are reported where several come together.
--   HintKeywords | like | command line or script | %win32\_timezone% | apiwatch | Ways of asking that are reported where several come together.
--   LookupServices | text | host name | ipinfo.io | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ip-api.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ipapi.co | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ipwho.is | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ifconfig.me | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ifconfig.co | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | freegeoip.app | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | freegeoip.net | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api.ipstack.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | geoiplookup.net | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | www.geoplugin.net | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api.ipgeolocation.io | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api.ipify.org | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | icanhazip.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | checkip.amazonaws.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | myexternalip.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ident.me | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | wtfismyip.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api64.ipify.org | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api4.ipify.org | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ipecho.net | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | checkip.dyndns.org | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api.myip.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api.ip.sb | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ip.sb | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ipv4.icanhazip.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ipapi.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | get.geojs.io | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | reallyfreegeoip.org | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | freegeoip.live | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ip.me | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | 2ip.ru | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api.2ip.ua | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | db-ip.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api.db-ip.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | extreme-ip-lookup.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | whatismyip.akamai.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | bot.whatismyipaddress.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ipwhois.app | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ipwhois.io | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | api.iplocation.net | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | ip-info.ff.avast.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | myip.dnsomatic.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | curlmyip.com | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | l2.io | apiwatch | Services that tell where an address lies, or which address one has.
--   LookupServices | text | host name | eth0.me | apiwatch | Services that tell where an address lies, or which address one has.
--   BrowserPaths | like | executable path | C:\\Program Files%\\Microsoft\\Edge%\\Application\\% | apiwatch | Browsers, whose look-ups are their pages' own.
--   BrowserPaths | like | executable path | C:\\Program Files%\\Google\\Chrome\\Application\\% | apiwatch | Browsers, whose look-ups are their pages' own.
--   BrowserPaths | like | executable path | C:\\Program Files%\\Mozilla Firefox\\% | apiwatch | Browsers, whose look-ups are their pages' own.
--   BrowserPaths | like | executable path | C:\\Program Files%\\Opera\\% | apiwatch | Browsers, whose look-ups are their pages' own.
--   BrowserPaths | like | executable path | C:\\Program Files%\\BraveSoftware\\% | apiwatch | Browsers, whose look-ups are their pages' own.
--   ModulePaths | like | script path | C:\\Windows\\System32\\WindowsPowerShell\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files%\\WindowsPowerShell\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files\\PowerShell\\%\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
-- benign:
--   A program of the user's that shows the weather or the own address; a script that tests the line with curl and such a service.
--   Inventory scripts outside the listed agents; an administrator who looks up time zone and locale one after the other.
-- limits:
--   Commands need process creation with command lines (WinEventLog:Security or WinEventLog:Sysmon), scripts WinEventLog:PowerShell, look-ups
--   the DNS events of WinEventLog:Sysmon (22). Without one of them only the other ways remain.
--   GetLocaleInfoW and GetTimeZoneInformation raise no event (etw:Microsoft-Windows-Kernel-Base has none of them): they are seen where a script names them.
--   A look-up by other means than a name (a fixed address, a proxy) is not told from other traffic.
--   Of each way of asking only the first by one parent counts for the window; a way repeated later does not begin it anew.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0043
--   https://learn.microsoft.com/windows/win32/intl/locale-information
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0119'
),
run AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, parent_process_key, path, parent_path, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'LocationCommands') AND cmdline_like IN (SELECT value FROM t WHERE element IN ('HintKeywords', 'LocationKeywords'))
),
scripted AS MATERIALIZED (
  SELECT eid, time_ns, computer, pid, process_key, path, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element IN ('HintKeywords', 'LocationKeywords')) AND +what IN ('block', 'pipeline', 'engine') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
looked AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, lower(remote_host) AS host FROM network_flows
  WHERE remote_host IN (SELECT value FROM t WHERE element = 'LookupServices')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'BrowserPaths' AND path LIKE value ESCAPE '\')
),
said AS (
  SELECT eid, time_ns, computer, parent_process_key AS actor, coalesce(nullif(parent_path, ''), 'a process') AS who, path, cmdline AS words FROM run
  UNION ALL
  SELECT eid, time_ns, computer, coalesce(nullif(process_key, ''), pid), coalesce(nullif(path, ''), 'a script'), '', script_text FROM scripted
),
hints AS (
  SELECT s.*, k.value AS hint, row_number() OVER (PARTITION BY s.computer, s.actor, k.value ORDER BY s.eid) AS nth
  FROM said AS s JOIN t AS k ON k.element = 'HintKeywords' AND s.words LIKE k.value ESCAPE '\'
),
together AS (
  SELECT *, lag(eid, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctWays')) OVER w AS first_eid,
    lag(time_ns, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'DistinctWays')) OVER w AS since_ns
  FROM hints WHERE nth = 1
  WINDOW w AS (PARTITION BY computer, actor ORDER BY eid, hint)
),
asked AS (
  SELECT eid, eid AS eids, computer, actor, who, path, substr(words, 1, 120) AS way FROM said
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LocationKeywords' AND words LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer, process_key, coalesce(nullif(path, ''), 'a process'), path, host FROM looked
  UNION ALL
  SELECT eid, CASE WHEN first_eid < eid THEN first_eid || ',' || eid ELSE eid END, computer, actor, who, path, 'locale, time zone or keyboard in several ways'
  FROM together WHERE time_ns - since_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM asked
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessAllowList' AND value IN (who, path) COLLATE NOCASE)
)
SELECT eid, eids, who || ' asked where it is: ' || way AS summary, way
FROM ranked
WHERE place = 1
