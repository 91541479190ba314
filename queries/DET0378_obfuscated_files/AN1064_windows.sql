-- id: AN1064
-- name: Command, script or file that hides what it holds
-- strategy: DET0378
-- technique: T1027
-- tactics: Defense Evasion
-- platform: windows
-- description: A command line, a script, the command of a service or a registry value is written so that it cannot be
--   read: an encoded command, character codes or numbers, text in pieces, out of order or backwards, marks or foreign
--   letters within words, letters taken from variables, xor or shifted letters, base64 that is run, an address as one
--   number; one such sign of StrongSigns suffices, of weaker ones several. Or an interpreter started shortly before
--   packs a file, a program of Windows encodes, decodes or fetches (certutil), a password for a packed file is stored,
--   one of SuspiciousParentProcessList has a brought-along source compiled, or code lies in an event log as data. Or
--   code comes out of the registry, a class of WMI, a cipher or a picture and is run, stands in place of a page or a
--   project, a link or a text, is compiled as it runs below what compiles nothing else, or is started from the top of
--   another drive or within an archive; or a page makes a program or a disk image by itself; or a telling word stands
--   there once marks, formats and variables are resolved. ManagementAgents are left out.
-- log_sources: WinEventLog:Security, WinEventLog:Sysmon
-- tables: api_calls
-- extra: signs, payload_entropy
-- pyramid_level: 3
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   PayloadEntropyThreshold | count | hundredths of a bit | 500 | PayloadEntropyThreshold | Least entropy of the longest run of characters for which embedded base64 counts as a payload.
--   TimeWindow | window | seconds | 600 | TimeWindow | Longest time from the start of an interpreter to a packed file that it makes.
--   SuspiciousParentProcessList | text | executable name | powershell.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | pwsh.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | cmd.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | cscript.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | wscript.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | mshta.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | rundll32.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | regsvr32.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | makecab.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | winword.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   SuspiciousParentProcessList | text | executable name | excel.exe | SuspiciousParentProcessList | Interpreters and tools of the system whose packed files are reported; as parents of a compiler they count as well.
--   PackedFilePaths | like | file path | _:\\Users\\% | apiwatch | Folders in which a packed file of an interpreter is reported.
--   PackedFilePaths | like | file path | _:\\ProgramData\\% | apiwatch | Folders in which a packed file of an interpreter is reported.
--   PackedFilePaths | like | file path | _:\\Windows\\Temp\\% | apiwatch | Folders in which a packed file of an interpreter is reported.
--   PackedFilePaths | like | file path | _:\\PerfLogs\\% | apiwatch | Folders in which a packed file of an interpreter is reported.
--   StrongSigns | text | sign | encoded_command | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | char_codes | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | number_decoding | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | concatenation | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | reordering | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | backticks | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | carets | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | sliced_variables | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | compressed_text | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | codec_switch | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | zip_password | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | code_data | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | joined_variables | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | called_pieces | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | xor | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | shifted_letters | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | numeric_address | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | foreign_letters | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | reversed_words | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | reversed_text | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | run_decoded | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | encoded_text | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | picture_data | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | inline_script | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | stored_code | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | decrypted_code | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | encoded_script | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | joined_files | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | blanks | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | smuggled_file | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | drive_code | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | split_words | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | separators | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | wildcard_command | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | embedded_program | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | carved_file | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | handed_over | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | special_names | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | few_codes | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | protected_text | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   StrongSigns | text | sign | archive_code | apiwatch | Signs of which one suffices, as the column obfuscation of api_calls names them.
--   WeakSignCount | count | signs | 2 | apiwatch | How many signs of any kind suffice together; a long text in base64 and its decoding are one.
--   RuntimeCompilers | text | executable name | msbuild.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | installutil.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | regasm.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | regsvcs.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | mshta.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | wscript.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | cscript.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | rundll32.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | regsvr32.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | wmic.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | msxsl.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | winword.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | excel.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | powerpnt.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   RuntimeCompilers | text | executable name | outlook.exe | apiwatch | Programs that compile code as they run only where they are given it: a compiler below one of them that is in the folders of .NET itself.
--   ManagementAgents | like | executable path | C:\\Windows\\CCM\\CcmExec.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files (x86)\\Microsoft Intune Management Extension\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files\\SplunkUniversalForwarder\\bin\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files\\Splunk\\bin\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files\\Elastic\\Agent\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files%\\Veeam\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files\\GuestConfig%\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files\\Microsoft Monitoring Agent\\Agent\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files\\AzureConnectedMachineAgent\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files\\Amazon\\SSM\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\Program Files%\\PRTG Network Monitor\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
--   ManagementAgents | like | executable path | C:\\ProgramData\\GuestConfig\\%.exe | apiwatch | Agents that start PowerShell with encoded commands by design.
-- benign:
--   Management agents that start PowerShell with -EncodedCommand.
--   Administrators who decode a certificate with certutil or compile a source file by hand; a script that backs up into an archive.
--   Minified or generated scripts, and installers that build commands from pieces; an interpreter whose start was not seen counts as just started.
-- limits:
--   Commands need process creation with command lines (WinEventLog:Security or WinEventLog:Sysmon), packed files and registry values WinEventLog:Sysmon (11, 13),
--   scripts WinEventLog:PowerShell, services WinEventLog:System; without command lines and script-block logging only packed files and logged code are seen.
--   A packed or encrypted program looks like any other file: no event holds what a file holds, so entropy is that of texts.
--   Of a text the first 64 KiB are searched; a process whose creator was told for the same is left out, and one process is told once.
--   A file inside a document, a picture or a link (steganography) shows only when it is decoded by a command; one that a page makes by its
--   mark of the web (Sysmon 15), archives only from pages that lie on this machine, since honest sites pack their downloads, too.
--   Words that are put together by loops, functions or values of other texts stay unread; a program within an archive shows with Sysmon only.
--   What is started from a disk image shows by its working directory alone, and only for programs that run libraries.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0378
--   https://learn.microsoft.com/windows-server/administration/windows-commands/certutil
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1064'
),
hidden AS MATERIALIZED (
  SELECT eid, time_ns, api, computer, pid, process_key, parent_process_key, start_time_ns, path, lower(name) AS name, lower(parent_name) AS parent_name, parent_path,
    target_path, payload_entropy, obfuscation AS signs, ',' || obfuscation || ',' AS listed
  FROM api_calls
  WHERE api IN ('CreateProcess', 'ScriptBlock', 'CreateFile', 'ReportEvent', 'CreateService', 'RegSetValueEx') AND obfuscation LIKE '_%'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ManagementAgents' AND parent_path LIKE value ESCAPE '\')
),
judged AS MATERIALIZED (
  SELECT *, CASE
    WHEN EXISTS (SELECT 1 FROM t WHERE element = 'StrongSigns' AND instr(listed, ',' || value || ',') > 0) THEN 1
    WHEN signs = 'packed_file' THEN name IN (SELECT value FROM t WHERE element = 'SuspiciousParentProcessList')
      AND EXISTS (SELECT 1 FROM t WHERE element = 'PackedFilePaths' AND target_path LIKE value ESCAPE '\')
      AND time_ns - coalesce(start_time_ns, time_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    WHEN instr(listed, ',compiled_at_run,') > 0 THEN parent_name IN (SELECT value FROM t WHERE element = 'RuntimeCompilers') AND path LIKE 'C:\Windows\Microsoft.NET\%' AND parent_path LIKE 'C:\%'
      AND parent_path NOT LIKE 'C:\Program Files%'
    WHEN instr(listed, ',compiled_source,') > 0 OR instr(listed, ',build_file,') > 0 THEN parent_name IN (SELECT value FROM t WHERE element = 'SuspiciousParentProcessList')
    WHEN instr(listed, ',base64_text,') > 0 AND payload_entropy >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'PayloadEntropyThreshold') THEN 1
    ELSE length(signs) - length(replace(signs, ',', '')) + 1 - (signs LIKE '%base64\_text%encoded\_string%' ESCAPE '\') >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'WeakSignCount') END AS fires
  FROM hidden
),
firsts AS MATERIALIZED (
  SELECT process_key, min(eid) AS eid FROM judged WHERE fires AND process_key <> '' GROUP BY process_key
),
ranked AS ( -- a process whose creator said the same before is left out
  SELECT j.*, row_number() OVER (PARTITION BY computer, pid, j.process_key ORDER BY j.eid) AS place
  FROM judged AS j LEFT JOIN firsts AS p ON p.process_key = j.parent_process_key AND p.eid < j.eid
  WHERE fires AND p.eid IS NULL
)
SELECT eid, eid AS eids,
  coalesce(nullif(path, ''), CASE api WHEN 'CreateService' THEN 'a process' ELSE 'a script' END) || CASE api
    WHEN 'CreateFile' THEN CASE signs WHEN 'packed_file' THEN ' made the packed file ' ELSE ' took from a page that made it itself ' END || target_path
    WHEN 'ReportEvent' THEN ' keeps code in an event log'
    WHEN 'CreateService' THEN ' installed a service whose command hides what it says: ' || replace(signs, ',', ', ')
    WHEN 'RegSetValueEx' THEN ' wrote a command that hides what it says to ' || target_path
    ELSE ' hides what it says: ' || replace(signs, ',', ', ') END AS summary,
  signs, payload_entropy
FROM ranked
WHERE place = 1
