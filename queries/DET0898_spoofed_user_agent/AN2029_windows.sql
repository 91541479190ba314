-- id: AN2029
-- name: Browser's user agent sent by what is no browser
-- strategy: DET0898
-- technique: T1036.012
-- tactics: Defense Evasion
-- platform: windows
-- description: A command line or a script of an interpreter or a download tool gives itself the user agent of a browser.
--   The address is told that it names, or that its process asked for or connected to within the window before.
-- log_sources: WinEventLog:Sysmon
-- tables: process_starts, script_blocks, network_flows
-- extra: user_agent, remote
-- pyramid_level: 3
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   HeaderSignatureMatch | like | text | %user-agent% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   HeaderSignatureMatch | like | text | %useragent% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   HeaderSignatureMatch | like | text | %user\_agent% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   HeaderSignatureMatch | like | text | % -a "mozilla/% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   HeaderSignatureMatch | like | text | % -a 'mozilla/% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   HeaderSignatureMatch | like | text | % -a mozilla/% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   HeaderSignatureMatch | like | text | %--user-agent% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   HeaderSignatureMatch | like | text | %setrequestheader% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   HeaderSignatureMatch | like | text | % -a "httpbrowser/% | HeaderSignatureMatch | Words with which a command line or a script sets the header, in lower case.
--   UserAgentFingerprint | like | text | %mozilla/_.0 % | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %mozilla/_.0+% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %mozilla/_.0(% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %applewebkit/% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %chrome/%safari/% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %gecko/20100101 firefox/% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %trident/_.0% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %msie _%.0;% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %edg/% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %psuseragent]::chrome% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %psuseragent]::firefox% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %psuseragent]::internetexplorer% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %psuseragent]::safari% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %psuseragent]::opera% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   UserAgentFingerprint | like | text | %httpbrowser/% | UserAgentFingerprint | What a browser calls itself, in lower case.
--   NonBrowserProcessList | text | executable name | powershell.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | pwsh.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | powershell_ise.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | cmd.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | cscript.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | wscript.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | mshta.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | rundll32.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | regsvr32.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | curl.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | wget.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | certutil.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | bitsadmin.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | python.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | pythonw.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | node.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | msbuild.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   NonBrowserProcessList | text | executable name | installutil.exe | NonBrowserProcessList | Programs that are no browsers and have no business to say they are one.
--   TimeWindow | window | seconds | 600 | apiwatch | How long before a look-up or connection of the same process may lie that is told with it.
--   ModulePaths | like | script path | C:\\Windows\\System32\\WindowsPowerShell\\% | apiwatch | Scripts of installed modules, which are left out.
--   ModulePaths | like | script path | C:\\Program Files%\\WindowsPowerShell\\Modules\\% | apiwatch | Scripts of installed modules, which are left out.
-- benign:
--   A script that fetches from a server which serves browsers only; tests of a web site.
-- limits:
--   Commands need process creation with command lines and addresses WinEventLog:Sysmon (1, 3, 22), scripts WinEventLog:PowerShell.
--   What goes over the wire is in no Windows log (NSM:Flow is not read): a compiled program that sends a browser's agent is seen by a proxy or Zeek alone.
--   The user agent of WinINet and of BITS that programs send without setting it is not looked at, nor whether a browser runs.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0898
--   https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/invoke-webrequest
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN2029'
),
run AS MATERIALIZED (
  SELECT eid, time, computer, process_key, parent_process_key, path, cmdline FROM process_starts
  WHERE name IN (SELECT value FROM t WHERE element = 'NonBrowserProcessList') AND (cmdline LIKE '%agent%' OR cmdline LIKE '% -a %mozilla/%' OR cmdline LIKE '% -a %httpbrowser%')
),
scripted AS MATERIALIZED (
  SELECT eid, time, computer, pid, process_key, path, script_text FROM script_blocks
  WHERE script_text LIKE '%agent%' AND +what IN ('block', 'pipeline', 'engine')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ModulePaths' AND script_path LIKE value ESCAPE '\')
),
said AS (
  SELECT eid, time, computer, process_key, parent_process_key, path, lower(cmdline) AS words FROM run
  UNION ALL
  SELECT eid, time, computer, coalesce(nullif(process_key, ''), pid), '', coalesce(nullif(path, ''), 'a script'), lower(script_text) FROM scripted
),
spoofed AS MATERIALIZED (
  SELECT eid, time, computer, process_key, parent_process_key, path, words,
    coalesce(nullif(regex_match(words, '(mozilla/[0-9.]+[^"'';|]{0,120})', 1), ''), regex_match(words, '(psuseragent\]::[a-z]+)', 1), '') AS agent
  FROM said
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'HeaderSignatureMatch' AND words LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'UserAgentFingerprint' AND words LIKE value ESCAPE '\')
),
firsts AS MATERIALIZED (
  SELECT process_key, min(eid) AS eid FROM spoofed GROUP BY process_key
),
before AS MATERIALIZED (
  SELECT process_key, eid, time, coalesce(nullif(remote_host, ''), remote_address) AS remote FROM network_flows
  WHERE process_key IN (SELECT process_key FROM spoofed) LIMIT -EXISTS (SELECT 1 FROM spoofed)
),
ranked AS (
  SELECT s.*, row_number() OVER (PARTITION BY s.computer, s.process_key ORDER BY s.eid) AS place
  FROM spoofed AS s LEFT JOIN firsts AS p ON p.process_key = s.parent_process_key AND p.eid < s.eid
  WHERE p.eid IS NULL
)
SELECT eid, eid AS eids, path || ' calls itself a browser: ' || agent AS summary, agent AS user_agent,
  coalesce((SELECT b.remote FROM before AS b WHERE b.process_key = r.process_key AND b.eid < r.eid
      AND r.time - b.time <= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow') ORDER BY b.eid DESC LIMIT 1),
    regex_match(words, '(https?://[^ "'';|)]+)', 1), '') AS remote
FROM ranked AS r
WHERE place = 1
