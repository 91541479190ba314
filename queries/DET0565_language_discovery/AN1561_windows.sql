-- id: AN1561
-- name: System language asked for by a command or script
-- strategy: DET0565
-- technique: T1614.001
-- tactics: Discovery
-- platform: windows
-- description: A command line of a listed program or a script asks for the language, the locale or the keyboard layouts of
--   the system, or chcp is run without a number; or a program from outside the system's folders opens the keys that hold
--   them, or calls what tells them, at least as often as QueryThreshold within the window.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security, ETW
-- tables: process_starts, script_blocks, api_calls
-- extra: queries
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
--   QueryThreshold | count | queries | 3 | QueryThreshold | How many openings of the keys or calls of one process are reported; a command line or script that asks is one in itself.
--   TimeWindow | window | seconds | 300 | apiwatch | Longest time in which the openings and calls of one process are counted.
--   LanguageCommands | text | executable name | reg.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LanguageCommands | text | executable name | chcp.com | apiwatch | Programs of the system whose command lines are looked at.
--   LanguageCommands | text | executable name | dism.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LanguageCommands | text | executable name | wmic.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LanguageCommands | text | executable name | powershell.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LanguageCommands | text | executable name | pwsh.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LanguageCommands | text | executable name | cmd.exe | apiwatch | Programs of the system whose command lines are looked at.
--   LanguageKeywords | like | command line or script | %query%\\nls\\language% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %query%\\nls\\locale% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %query%\\mui\\uilanguages% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %query%keyboard layout% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %query%\\control panel\\international% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %\\nls\\language%installlanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-itemproperty%\\nls\\language% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-itemproperty%international% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %gp %\\international% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %dism%get-intl% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %wmic%os%get%locale% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %wmic%os%get%oslanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %wmic%os%get%muilanguages% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-winuserlanguagelist% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-winsystemlocale% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-winuilanguageoverride% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-uiculture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %[cultureinfo]::current% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %currentuiculture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %installedinputlanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %currentinputlanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %.oslanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %muilanguages% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %getkeyboardlayout% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %getuserdefaultuilanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %getsystemdefaultuilanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %getuserdefaultlangid% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %getsystemdefaultlangid% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | get-culture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %powershell%get-culture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %;get-culture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %; get-culture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %currentthread.currentculture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %cultureinfo]::installed% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-installedlanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-systempreferreduilanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-windefaultinputmethod% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %$psuiculture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %$psculture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %host.currentculture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %host.currentuiculture% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %inputlanguage]::% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %getlocaleinfo% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %win32\_operatingsystem%.locale% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %win32\_operatingsystem%oslanguage% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %win32\_operatingsystem%countrycode% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %win32\_operatingsystem%muilang% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %win32\_keyboard%layout% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %itemproperty%\\nls\\% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %gp %\\nls\\% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %itemproperty%keyboard layout% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %gp %keyboard layout% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %childitem%keyboard layout% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %gci %keyboard layout% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %dism%/get-intl% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %wmic%os%get%countrycode% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %systeminfo%locale% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %wmic%keyboard%layout% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %get-ciminstance%win32\_operatingsystem%locale% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %gcim%win32\_operatingsystem%locale% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %(get-culture)% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %cultureinfo]::current%exit% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %cultureinfo]::current%ru-% | apiwatch | Command lines and scripts that ask.
--   LanguageKeywords | like | command line or script | %cultureinfo]::current%-match% | apiwatch | Command lines and scripts that ask.
--   LanguageKeys | like | registry key | %\\Control\\Nls\\Language% | apiwatch | Keys that hold the language.
--   LanguageKeys | like | registry key | %\\Control\\Nls\\Locale% | apiwatch | Keys that hold the language.
--   LanguageKeys | like | registry key | %\\MUI\\UILanguages% | apiwatch | Keys that hold the language.
--   LanguageKeys | like | registry key | %\\Keyboard Layout\\Preload% | apiwatch | Keys that hold the language.
--   LanguageKeys | like | registry key | %\\Control Panel\\International% | apiwatch | Keys that hold the language.
--   LanguageCalls | text | API | RegOpenKeyEx | apiwatch | Calls that tell the language, where a feed has them; of RegOpenKeyEx only those for the keys.
--   LanguageCalls | text | API | GetUserDefaultUILanguage | apiwatch | Calls that tell the language, where a feed has them; of RegOpenKeyEx only those for the keys.
--   LanguageCalls | text | API | GetSystemDefaultUILanguage | apiwatch | Calls that tell the language, where a feed has them; of RegOpenKeyEx only those for the keys.
--   LanguageCalls | text | API | GetKeyboardLayoutList | apiwatch | Calls that tell the language, where a feed has them; of RegOpenKeyEx only those for the keys.
--   LanguageCalls | text | API | GetKeyboardLayout | apiwatch | Calls that tell the language, where a feed has them; of RegOpenKeyEx only those for the keys.
--   LanguageCalls | text | API | GetUserDefaultLangID | apiwatch | Calls that tell the language, where a feed has them; of RegOpenKeyEx only those for the keys.
--   LanguageCalls | text | API | GetUserDefaultLocaleName | apiwatch | Calls that tell the language, where a feed has them; of RegOpenKeyEx only those for the keys.
--   ModulePaths | like | script path | C:\\Windows\\System32\\WindowsPowerShell\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files%\\WindowsPowerShell\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files\\PowerShell\\%\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
-- benign:
--   Installers and inventory scripts outside the listed agents; a support script that prints the code page; a batch file that keeps it to restore it.
--   A program of the user's that opens the keys to choose its own language, where the keys are audited.
-- limits:
--   Commands need process creation with command lines (WinEventLog:Sysmon or WinEventLog:Security), scripts WinEventLog:PowerShell.
--   The functions that tell the language raise no event: they are seen where an ETW feed of them exists, or named in a script.
--   Openings of registry keys are logged only where auditing of the key is switched on (its system access list): 4663 and 4656 of WinEventLog:Security.
--   Programs of the system other than the listed ones are not counted, nor is a script of an installed module.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0565
--   https://learn.microsoft.com/windows/win32/intl/user-interface-language-management
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1561'
),
run AS MATERIALIZED (
  SELECT eid, computer, process_key, parent_process_key, path, parent_path, lower(name) AS name, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'LanguageCommands') AND cmdline_like IN (SELECT value FROM t WHERE element = 'LanguageKeywords' UNION SELECT '%chcp%')
),
scripted AS MATERIALIZED (
  SELECT eid, computer, pid, process_key, path, script_text FROM script_blocks
  WHERE script_text_like IN (SELECT value FROM t WHERE element = 'LanguageKeywords') AND +what IN ('block', 'pipeline', 'engine') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
called AS MATERIALIZED (
  SELECT eid, time, computer, process_key, path, target_path, api FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'LanguageCalls') AND system_path = 0
),
counted AS (
  SELECT *, lag(eid, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'QueryThreshold')) OVER w AS first_eid,
    lag(time, (SELECT CAST(value AS INTEGER) - 1 FROM t WHERE element = 'QueryThreshold')) OVER w AS since
  FROM called
  WHERE api <> 'RegOpenKeyEx' OR EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeys' AND target_path LIKE value ESCAPE '\')
  WINDOW w AS (PARTITION BY computer, process_key ORDER BY eid)
),
asked AS (
  SELECT eid, eid AS eids, computer, parent_process_key AS actor, coalesce(nullif(parent_path, ''), 'a process') AS who, substr(cmdline, 1, 160) AS queries, path FROM run
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeywords' AND cmdline LIKE value ESCAPE '\')
    OR regex_match(lower(cmdline), '(^|[ &"])chcp([.]com)?"? *("|$|[|&>])', 0) IS NOT NULL
  UNION ALL
  SELECT eid, eid, computer, coalesce(nullif(process_key, ''), pid), coalesce(nullif(path, ''), 'a script'), 'script', '' FROM scripted
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'LanguageKeywords' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, CASE first_eid WHEN eid THEN eid ELSE first_eid || ',' || eid END, computer, process_key, path,
    CASE api WHEN 'RegOpenKeyEx' THEN target_path ELSE api END, path FROM counted
  WHERE time - since <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY computer, actor ORDER BY eid) AS place FROM asked
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessAllowList' AND value IN (who, path) COLLATE NOCASE)
)
SELECT eid, eids, who || ' asked for the language of the system: ' || queries AS summary, queries
FROM ranked
WHERE place = 1
