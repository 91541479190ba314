-- id: AN0702
-- name: Unknown program between the two ends of a connection
-- strategy: DET0254
-- technique: T1565.002
-- tactics: Impact
-- platform: windows
-- description: A program from outside the system's folders takes a connection on a port where the integrity of data counts, and within
--   the window opens one of its own to another machine on such a port: what passes through it can be changed on the way; or a script or
--   a foreign program replaces addresses to pay to that others put on the clipboard.
-- log_sources: WinEventLog:Sysmon
-- tables: network_flows, api_calls
-- extra: client, server, port
-- pyramid_level: 3
-- severity: medium
-- interval: 30
-- window: TimeWindow
-- tuning:
--   IntegrityBaseline | like | executable path | C:\\Program Files\\nginx\\% | IntegrityBaseline | Programs that are known to pass on what they get unchanged: proxies and gateways that you checked.
--   IntegrityBaseline | like | executable path | C:\\Program Files%\\Zscaler\\% | IntegrityBaseline | Programs that are known to pass on what they get unchanged: proxies and gateways that you checked.
--   IntegrityBaseline | like | executable path | C:\\Program Files%\\Fiddler% | IntegrityBaseline | Programs that are known to pass on what they get unchanged: proxies and gateways that you checked.
--   IntegrityBaseline | like | executable path | C:\\Program Files\\Docker\\% | IntegrityBaseline | Programs that are known to pass on what they get unchanged: proxies and gateways that you checked.
--   MonitoredPorts | text | port | 21 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 25 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 53 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 80 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 110 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 143 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 389 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 443 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 445 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 465 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 587 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 636 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 993 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 995 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 1433 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 1521 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 3306 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 3389 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 5432 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 5985 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 5986 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 8080 | MonitoredPorts | Ports of services whose data must not change on the way.
--   MonitoredPorts | text | port | 8443 | MonitoredPorts | Ports of services whose data must not change on the way.
--   TimeWindow | window | seconds | 120 | apiwatch | Longest time from the connection taken to the one opened.
--   ClipboardScripts | like | script | %Get-Clipboard%Set-Clipboard% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %Get-Clipboard%Clipboard]::SetText% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %Get-Clipboard%clip.exe% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %Get-Clipboard%SetDataObject% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %Clipboard]::GetText%Clipboard]::SetText% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %Clipboard]::GetText%Set-Clipboard% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %Clipboard.GetText%Clipboard.SetText% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %Clipboard.GetText%Clipboard.SetDataObject% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %GetClipboardData%SetClipboardData% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %AddClipboardFormatListener%SetText% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %clipboardData.getData%clipboardData.setData% | apiwatch | Scripts that read the clipboard and write it again.
--   ClipboardScripts | like | script | %GetText()%SetText(% | apiwatch | Scripts that read the clipboard and write it again.
--   AddressMarks | like | script | %bc1% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %0x[a-f% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %0x[0-9% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %0x\\w{40}% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %[13][a-% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %(1%3%)[a-% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %{25,3% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %{26,3% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %{33}% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %{40}% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %[48][0-9% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %IBAN% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %bitcoin% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %btc% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %ethereum% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %wallet% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %monero% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %xmr% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %litecoin% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %T[A-Za-% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %[A-Z]{2}[0-9]{2}% | apiwatch | How such a script knows an address to pay to.
--   AddressMarks | like | script | %[A-Z]{2}\\d{2}% | apiwatch | How such a script knows an address to pay to.
--   ClipboardKeepers | like | executable path | _:\\Program Files\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | _:\\Program Files (x86)\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | _:\\Windows\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | %\\AppData\\Local\\Programs\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | %\\AppData\\Local\\Microsoft\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | %\\AppData\\Local\\Google\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | %\\AppData\\Local\\slack\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | %\\AppData\\Local\\Discord\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | %\\AppData\\Roaming\\Zoom\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | %\\Ditto% | apiwatch | Programs that write the clipboard of their own accord.
--   ClipboardKeepers | like | executable path | %\\AppData\\Local\\1Password\\% | apiwatch | Programs that write the clipboard of their own accord.
--   ReplaceSeconds | seconds | seconds | 2 | apiwatch | How soon after another program wrote the clipboard a foreign one writes it, twice within the window.
-- benign:
--   A proxy, a tunnel or a debugging proxy of a developer that is not in the baseline.
-- limits:
--   The clipboard needs WinEventLog:Sysmon's event 24 or WinEventLog:PowerShell. Else read from Sysmon's event 3, or 5156 of WinEventLog:Security where it is audited; the program of its folders must be known.
--   What is transmitted is in no log: changed data, checksums and intercepted calls are not seen, only who sits between.
--   A library within one of the two programs that changes data before it is encrypted makes no connection of its own.
--   A system service turned into a relay (port proxy of netsh) speaks as svchost.exe and is left out.
--   What is on the clipboard is in no event: a program is seen only by Sysmon 24 and where it writes at once after others, a script by its text.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0254
--   https://learn.microsoft.com/sysinternals/downloads/sysmon
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0702'
),
taken AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, remote_address, local_port FROM network_flows
  WHERE is_inbound = 1 AND system_path = 0 AND +local_port IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MonitoredPorts')
    AND path LIKE '%\%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'IntegrityBaseline' AND path LIKE value ESCAPE '\')
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, local_address, remote_address, remote_port FROM network_flows
  WHERE process_key IN (SELECT process_key FROM taken) AND is_inbound = 0 AND family <> ''
  LIMIT -EXISTS (SELECT 1 FROM taken)
),
clips AS MATERIALIZED (
  SELECT eid, time_ns, computer, api, process_key, path, user, arguments FROM api_calls WHERE api IN ('SetClipboardData', 'ScriptBlock', 'AmsiScanBuffer')
    AND arguments_like IN (SELECT '%script=' || value FROM t WHERE element = 'ClipboardScripts' UNION SELECT '%ClientInfo=%')
),
replaced AS (
  SELECT *, row_number() OVER own AS nth, lag(eid) OVER own AS first_eid, time_ns - lag(time_ns) OVER own AS since FROM (
    SELECT *, lag(path) OVER w AS other, time_ns - lag(time_ns) OVER w AS gap FROM clips WHERE api = 'SetClipboardData' WINDOW w AS (PARTITION BY computer ORDER BY eid))
  WHERE path LIKE '%\%' AND lower(other) <> lower(path) AND gap <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ReplaceSeconds')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ClipboardKeepers' AND path LIKE value ESCAPE '\') WINDOW own AS (PARTITION BY computer, process_key ORDER BY eid)
),
swapped AS (
  SELECT eid, first_eid || ',' || eid AS eids, process_key, path, computer || '|' || process_key AS actor, 'replaces what others put on the clipboard' AS did FROM replaced
  WHERE since <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, CAST(eid AS TEXT), process_key, coalesce(nullif(path, ''), 'a script'), computer || '|' || coalesce(nullif(process_key, ''), user), 'replaces addresses on the clipboard in a script' FROM clips
  WHERE api <> 'SetClipboardData' AND length(arguments) < 32768 AND EXISTS (SELECT 1 FROM t WHERE element = 'AddressMarks' AND arguments LIKE value ESCAPE '\')
),
both AS (
  SELECT eid, time_ns, process_key, NULL AS path, '' AS own, remote_address AS other, local_port AS port, 1 AS inbound FROM taken
  UNION ALL
  SELECT eid, time_ns, process_key, path, local_address, remote_address, remote_port, 0 FROM opened
  WHERE remote_port IN (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'MonitoredPorts')
),
paired AS (
  SELECT *, max(CASE inbound WHEN 1 THEN eid END) OVER w AS taken_eid FROM both
  WINDOW w AS (PARTITION BY process_key ORDER BY eid)
),
ranked AS (
  SELECT p.*, k.remote_address AS client, row_number() OVER (PARTITION BY p.process_key ORDER BY p.eid) AS place
  FROM paired AS p JOIN taken AS k ON k.eid = p.taken_eid
  WHERE p.inbound = 0 AND k.remote_address NOT IN (p.other, p.own)
    AND p.time_ns - k.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, taken_eid || ',' || eid AS eids, path || ' stands between ' || client || ' and ' || other || ' port ' || port AS summary,
  client, other AS server, port
FROM ranked
WHERE place = 1
UNION ALL
SELECT eid, eids, path || ' ' || did, '', '', 0 FROM (SELECT *, row_number() OVER (PARTITION BY actor ORDER BY eid) AS place FROM swapped) WHERE place = 1
