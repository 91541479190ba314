-- id: AN0975
-- name: User Account Control bypassed or switched off
-- strategy: DET0345
-- technique: T1548
-- tactics: Privilege Escalation, Defense Evasion
-- platform: windows
-- description: A program that Windows elevates without asking is made to run another's code, in one of these ways: a
--   registry value that it obeys is set (of the user's hive: shell commands of classes, application paths, environment,
--   profiler, COM servers, type libraries); a file is laid, or a library loaded, where it looks first; it runs from a
--   folder that users write or that only looks trusted, or runs elevated for an unelevated program of such a folder; it, or
--   an elevated COM object that starts programs, has a child that it never has; a command or a script says any of this.
--   Policies that switch User Account Control or a part of it off count as well, set in the registry or by command or
--   script.
-- log_sources: WinEventLog:Security, WinEventLog:Sysmon
-- tables: api_calls, process_starts, script_blocks
-- extra: way, object
-- pyramid_level: 4
-- severity: high
-- interval: 10
-- window: TimeWindow
-- tuning:
--   ElevatedProcessPath | like | executable path | %\\Users\\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ElevatedProcessPath | like | executable path | %\\Temp\\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ElevatedProcessPath | like | executable path | %:\\ProgramData\\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ElevatedProcessPath | like | executable path | %:\\PerfLogs\\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ElevatedProcessPath | like | executable path | %:\\$Recycle.Bin\\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ElevatedProcessPath | like | executable path | %:\\Windows\\Tasks\\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ElevatedProcessPath | like | executable path | %:\\Windows\\Tracing\\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ElevatedProcessPath | like | executable path | %:\\Windows \\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ElevatedProcessPath | like | executable path | %:\\Program Files \\% | ElevatedProcessPath | Where no program belongs that runs elevated unasked.
--   ParentProcessName | text | executable name | fodhelper.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | computerdefaults.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | eventvwr.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | sdclt.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | wsreset.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | slui.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | changepk.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | sysprep.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | migwiz.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | cliconfg.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | winsat.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | perfmon.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | consent.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | dccw.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | iscsicpl.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | compmgmtlauncher.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | bitlockerwizardelev.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | tpminit.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | systemreset.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | dfrgui.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | multidigimon.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | easinvoker.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | bthudtask.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | netplwiz.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | optionalfeatures.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | recdisc.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | rekeywiz.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | systempropertiesadvanced.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | systempropertiesprotection.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | systempropertiesremote.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | systempropertiesdataexecutionprevention.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | systempropertieshardware.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | systempropertiescomputername.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | systempropertiesperformance.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | wusa.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | pkgmgr.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | ieinstal.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | cttune.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | cttunesvr.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | shrpubw.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | setupsqm.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | oobe.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | djoin.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   ParentProcessName | text | executable name | credwiz.exe | ParentProcessName | Programs that Windows elevates, or that elevate others, and that start nothing but what OrdinaryChildren names.
--   TimeWindow | window | seconds | 300 | TimeWindow | Observations on one computer that follow within this time of one another are one finding: the first, as a redirected key before the elevated program.
--   TalkativeParents | text | executable name | mmc.exe | apiwatch | Elevated programs that do start others; only interpreters and programs in ElevatedProcessPath count below them.
--   TalkativeParents | text | executable name | dllhost.exe | apiwatch | Elevated programs that do start others; only interpreters and programs in ElevatedProcessPath count below them.
--   TalkativeParents | text | executable name | control.exe | apiwatch | Elevated programs that do start others; only interpreters and programs in ElevatedProcessPath count below them.
--   TalkativeParents | text | executable name | msconfig.exe | apiwatch | Elevated programs that do start others; only interpreters and programs in ElevatedProcessPath count below them.
--   TalkativeParents | text | executable name | werfault.exe | apiwatch | Elevated programs that do start others; only interpreters and programs in ElevatedProcessPath count below them.
--   TalkativeParents | text | executable name | sdiagnhost.exe | apiwatch | Elevated programs that do start others; only interpreters and programs in ElevatedProcessPath count below them.
--   TalkativeParents | text | executable name | dismhost.exe | apiwatch | Elevated programs that do start others; only interpreters and programs in ElevatedProcessPath count below them.
--   TalkativeParents | text | executable name | cmstp.exe | apiwatch | Elevated programs that do start others; only interpreters and programs in ElevatedProcessPath count below them.
--   OrdinaryChildren | like | parent and child | %>werfault.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | %>wermgr.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | %>conhost.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | %>csrss.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | eventvwr.exe>mmc.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | compmgmtlauncher.exe>mmc.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | perfmon.exe>mmc.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | sdclt.exe>control.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | sdclt.exe>sdclt.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | changepk.exe>slui.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | control.exe>rundll32.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | fodhelper.exe>systemsettings%.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | computerdefaults.exe>systemsettings%.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | pkgmgr.exe>dism.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | %>dismhost.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | optionalfeatures.exe>dism%.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | optionalfeatures.exe>fondue.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | sysprep.exe>sysprep.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | systemreset.exe>reagentc.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | bitlockerwizardelev.exe>%bitlocker%.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   OrdinaryChildren | like | parent and child | consent.exe>ctfmon.exe | apiwatch | Children that such programs have, parent>child by name in lower case.
--   AskedByInstallers | text | executable name | wusa.exe | apiwatch | Elevated programs that installers in folders of users start: they count only where the starter is known to be unelevated.
--   Interpreters | text | executable name | cmd.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | powershell.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | pwsh.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | wscript.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | cscript.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | mshta.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | rundll32.exe | apiwatch | Programs that run what they are told.
--   Interpreters | text | executable name | regsvr32.exe | apiwatch | Programs that run what they are told.
--   ElevatedObjects | like | command line | %{3E5FC7F9-9A51-4367-9063-A120244FBEC7}% | apiwatch | COM objects of Windows that are elevated unasked and start programs or write for their client: CMSTPLUA, colour management, connection profiles, diagnostics, launchers.
--   ElevatedObjects | like | command line | %{3E000D72-A845-4CD9-BD83-80C07C3B881F}% | apiwatch | COM objects of Windows that are elevated unasked and start programs or write for their client: CMSTPLUA, colour management, connection profiles, diagnostics, launchers.
--   ElevatedObjects | like | command line | %{BD54C901-076B-434E-B6C7-17C531F4AB41}% | apiwatch | COM objects of Windows that are elevated unasked and start programs or write for their client: CMSTPLUA, colour management, connection profiles, diagnostics, launchers.
--   ElevatedObjects | like | command line | %{D2E7041B-2927-42FB-8E9F-7CE93B6DC937}% | apiwatch | COM objects of Windows that are elevated unasked and start programs or write for their client: CMSTPLUA, colour management, connection profiles, diagnostics, launchers.
--   ElevatedObjects | like | command line | %{E9495B87-D950-4AB5-87A5-FF6D70BF3E90}% | apiwatch | COM objects of Windows that are elevated unasked and start programs or write for their client: CMSTPLUA, colour management, connection profiles, diagnostics, launchers.
--   ElevatedObjects | like | command line | %{12C21EA7-2EB8-4B55-9249-AC243DA8C666}% | apiwatch | COM objects of Windows that are elevated unasked and start programs or write for their client: CMSTPLUA, colour management, connection profiles, diagnostics, launchers.
--   ElevatedObjects | like | command line | %{4D111E08-CBF7-4F12-A926-2C7920AF52FC}% | apiwatch | COM objects of Windows that are elevated unasked and start programs or write for their client: CMSTPLUA, colour management, connection profiles, diagnostics, launchers.
--   ElevatedObjects | like | command line | %\\WF.msc% | apiwatch | COM objects of Windows that are elevated unasked and start programs or write for their client: CMSTPLUA, colour management, connection profiles, diagnostics, launchers.
--   WatchedObjects | text | last part of a path | DelegateExecute | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | IsolatedCommand | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | (Default) | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | command | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | CurVer | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | windir | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | SYSTEMROOT | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | COR_PROFILER | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | COR_PROFILER_PATH | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | COR_ENABLE_PROFILING | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | DisplayCalibrator | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | EnableLUA | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | ConsentPromptBehaviorAdmin | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | PromptOnSecureDesktop | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | LocalAccountTokenFilterPolicy | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | FilterAdministratorToken | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | UACDisableNotify | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | System32 | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | SysWOW64 | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | wow64log.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | comctl32.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | cryptbase.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | ntwdblib.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | dismcore.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | elsext.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | shcore.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | srrstr.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | iscsiexe.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | atl.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | PerformanceTraceHandler.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | BluetoothDiagnosticUtil.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | pe386.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | RecentViews | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | api-ms-win-core-kernel32-legacy-l1.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | osk.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | OskSupport.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | cmstp.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | schtasks.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | reg.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | mmc.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | taskmgr.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | msconfig.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | fodhelper.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | computerdefaults.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | eventvwr.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | sdclt.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | wsreset.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | slui.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | changepk.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | sysprep.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | migwiz.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | cliconfg.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | winsat.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | perfmon.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | consent.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | dccw.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | iscsicpl.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | compmgmtlauncher.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | bitlockerwizardelev.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | tpminit.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | systemreset.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | dfrgui.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | multidigimon.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | easinvoker.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | bthudtask.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | netplwiz.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | optionalfeatures.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | recdisc.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | rekeywiz.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | systempropertiesadvanced.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | systempropertiesprotection.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | systempropertiesremote.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | systempropertiesdataexecutionprevention.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | systempropertieshardware.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | systempropertiescomputername.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | systempropertiesperformance.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | wusa.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | pkgmgr.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | ieinstal.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | cttune.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | cttunesvr.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | shrpubw.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | setupsqm.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | oobe.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | djoin.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | credwiz.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | location | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | LowerCaseLongPath | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | oci.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | linkinfo.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | winmm.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | netutils.dll | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | cmd.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | powershell.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | pwsh.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   WatchedObjects | text | last part of a path | dism.exe | apiwatch | Last parts of the keys, values, files and programs that are looked at; a name that is not here is not seen by any pattern below.
--   HijackedKeys | like | registry value | HK%U\\%\\shell\\open\\command\\DelegateExecute | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%\\shell\\runas\\command\\IsolatedCommand | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\ms-settings\\shell\\open\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\mscfile\\shell\\open\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\exefile\\shell\\%\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\Folder\\shell\\open\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\Launcher.SystemSettings\\shell\\open\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\AppX82a6gwre4fdg3bt635tn5ctqjf8msdd2\\shell\\open\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\ms-windows-store\\shell\\open\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\CLSID\\{20D04FE0-3AEA-1069-A2D8-08002B30309D}\\shell\\%\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\CLSID\\{0A29FF9E-7F9C-4437-8B11-F424491E3931}\\InProcServer32\\(Default) | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\ms-settings\\CurVer% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%\\App Paths\\control.exe% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%\\Environment\\windir | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%\\Environment\\SYSTEMROOT | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%\\Environment\\COR_PROFILER% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | %\\ICM\\Calibration\\DisplayCalibrator | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\.%\\shell\\open\\command% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%\\HtmlHelp Author\\location | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\CLSID\\{B29D466A-857D-35BA-8712-A758861BFEA1}\\InProcServer32\\(Default) | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\CLSID\\{D5AB5662-131D-453D-88C8-9BBA87502ADE}\\InProcServer32\\(Default) | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\CLSID\\{CDC82860-468D-4D4E-B7E7-C298FF23AB2C}\\InProcServer32\\(Default) | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\CLSID\\{4ED3A719-CEA8-4BD9-910D-E252F997AFC2}\\InProcServer32\\(Default) | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | %\\AppCompatFlags\\Compatibility Assistant\\Store\\%\\Windows Media Player\\osk.exe | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | HK%U\\%Classes\\TypeLib\\%\\win__\\(Default) data=%script:% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   HijackedKeys | like | registry value | %\\InventoryApplicationFile\\winsat.exe%\\LowerCaseLongPath data=%\\temp\\system32\\winsat.exe% | apiwatch | Values that elevated programs obey and that nobody else has a reason to set in a user hive.
--   PolicyValues | text | value=number | EnableLUA=0 | apiwatch | Settings that switch User Account Control or a part of it off.
--   PolicyValues | text | value=number | ConsentPromptBehaviorAdmin=0 | apiwatch | Settings that switch User Account Control or a part of it off.
--   PolicyValues | text | value=number | PromptOnSecureDesktop=0 | apiwatch | Settings that switch User Account Control or a part of it off.
--   PolicyValues | text | value=number | LocalAccountTokenFilterPolicy=1 | apiwatch | Settings that switch User Account Control or a part of it off.
--   PolicyValues | text | value=number | UACDisableNotify=1 | apiwatch | Settings that switch User Account Control or a part of it off.
--   HijackedFiles | like | file | %:\\Windows \\% | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %:\\Program Files \\% | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\wow64log.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\consent.exe.%\\comctl32.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\System32\\%\\cryptbase.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\System32\\dismcore.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\System32\\ntwdblib.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\ntwdblib.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\cryptbase.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\comctl32.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\wow64log.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\api-ms-win-core-kernel32-legacy-l1.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\dismcore.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\System32\\sysprep\\%.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\System32\\migwiz\\%.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\WindowsApps\\srrstr.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Users\\%\\iscsiexe.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\wbem\\atl.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\System32\\PerformanceTraceHandler.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\BluetoothDiagnosticUtil.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\System32\\elsext.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\pe386.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Microsoft\\Event Viewer\\RecentViews | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Windows Media Player\\osk.exe | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\OskSupport.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\System32\\oci.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %:\\Windows\\linkinfo.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\system32\\winsat.exe | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\system32\\winmm.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\ehome\\cryptbase.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   HijackedFiles | like | file | %\\Temp\\netutils.dll | apiwatch | Files that come into being only so that an elevated program takes them for its own.
--   FileOwners | text | executable path | C:\Windows\System32\mmc.exe | apiwatch | Programs that make such files by right.
--   FileOwners | text | executable path | C:\Windows\servicing\TrustedInstaller.exe | apiwatch | Programs that make such files by right.
--   FileOwners | text | executable path | C:\Windows\System32\poqexec.exe | apiwatch | Programs that make such files by right.
--   FileOwners | text | executable path | C:\Windows\System32\msiexec.exe | apiwatch | Programs that make such files by right.
--   CommandPatterns | like | command line | %wusa%/extract:%:\\Windows% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %cmstp%/%s %/au %.inf% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %cmstp%/au %/s %.inf% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %schtasks%/run%\\SilentCleanup% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%\\ms-settings\\shell\\open\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%\\mscfile\\shell\\open\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%\\exefile\\shell\\%\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%\\Folder\\shell\\open\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%hk%cu%\\Environment%windir% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%EnableLUA%/d 0% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%ConsentPromptBehaviorAdmin%/d 0% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %sdclt%/KickOffElev% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %\\shell\\open\\command%DelegateExecute% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %HKCU%Classes\\ms-settings\\shell\\open\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %HKCU%Classes\\mscfile\\shell\\open\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %HKCU%Classes\\exefile\\shell\\%\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %HKCU%Classes\\Folder\\shell\\open\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %HKCU%Classes\\AppX82a6gwre4fdg3bt635tn5ctqjf8msdd2\\shell\\open\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %HKCU%Classes\\Launcher.SystemSettings\\shell\\open\\command% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %HKCU%\\App Paths\\control.exe% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %-ItemProperty%HKCU:\\Environment%windir% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %-ItemProperty%HKCU:\\Environment%COR\_PROFILER% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %-ItemProperty%EnableLUA%-Value 0% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %-ItemProperty%EnableLUA%-Value "0"% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %-ItemProperty%ConsentPromptBehaviorAdmin%-Value 0% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %-ItemProperty%PromptOnSecureDesktop%-Value 0% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %-ItemProperty%LocalAccountTokenFilterPolicy%-Value 1% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%PromptOnSecureDesktop%/d 0% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%LocalAccountTokenFilterPolicy%/d 1% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %reg%add%UACDisableNotify%/d 1% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %"\\system32\\cleanmgr.exe%/autoclean% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %dism%/apply-unattend:%\\Temp\\% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %:\\Windows \\System32% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %\\Microsoft\\Event Viewer\\RecentViews% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %Elevation:Administrator!new:{3E5FC7F9-9A51-4367-9063-A120244FBEC7}% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %\\Windows Media Player\\osk.exe% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
--   CommandPatterns | like | command line | %dism%/add-package%/packagepath:%\\system32\\pe386% | apiwatch | Commands and scripts that do one of these, for hosts that record them and no registry.
-- benign:
--   An administrator who switches the prompts off by policy, or who sets up remote administration with local accounts.
--   Profilers of .NET that are configured by the user environment.
--   An installer or a shortcut of the user's that starts one of the elevated programs from a folder that users write; a script for set-up that writes such values.
-- limits:
--   Registry values, files and libraries need WinEventLog:Sysmon (13, 14, 11, 7) or audited keys, starts and children process creation, scripts WinEventLog:PowerShell;
--   with process events alone the child of the elevated program and what reg.exe and its like are told remain. 4672 is not read: it comes with every elevation.
--   A token that is duplicated or stolen and an elevation through the AppInfo interface itself raise no event of their own: the elevated program started by an unelevated one in a folder of users is what is seen.
--   COM servers and type libraries redirected for the user are seen for the classes that HijackedKeys names: other programs set them as well.
--   A prompt that the user confirmed is no bypass and is not told from one by these events, except by who asked.
--   An elevated start counts only where the event tells the integrity level; whether a program is signed is in no event of its start.
--   What follows the first observation within the window, also another way on the same computer, is not told again.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0345
--   https://github.com/hfiref0x/UACME
--   https://learn.microsoft.com/en-us/windows/security/application-security/application-control/user-account-control/how-it-works
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, object_name, target_path, lower(arguments) AS arguments, path, cmdline, integrity_level, parent_path, parent_name, parent_integrity_level, computer
  FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'WatchedObjects') AND api IN ('RegSetValueEx', 'RegRenameKey', 'RegCreateKeyEx', 'CreateFile', 'LoadLibrary', 'CreateProcess')
),
children AS MATERIALIZED (
  SELECT eid, time_ns, lower(name) AS name, path, cmdline, integrity_level, token_elevation, parent_path, lower(parent_name) AS parent_name, parent_cmdline, computer
  FROM process_starts
  WHERE parent_name IN (SELECT lower(value) FROM t WHERE element IN ('ParentProcessName', 'TalkativeParents'))
),
scripts AS MATERIALIZED (
  SELECT eid, time_ns, script_text, path, computer FROM script_blocks WHERE script_text_like IN (SELECT value FROM t WHERE element = 'CommandPatterns') AND +what IN ('block', 'pipeline', 'amsi')
),
ways AS (
  SELECT eid, time_ns, computer, path, target_path AS object, 'sets a value that elevated programs obey' AS way FROM seen
  WHERE api LIKE 'Reg%' AND EXISTS (SELECT 1 FROM t WHERE element = 'HijackedKeys' AND (target_path LIKE value ESCAPE '\' OR arguments LIKE '%' || value ESCAPE '\'))
  UNION ALL
  SELECT eid, time_ns, computer, path, target_path, 'switches User Account Control off' FROM seen
  WHERE api LIKE 'Reg%' AND lower(object_name) || '=' || regex_match(arguments, '0*([0-9a-f]+)\)?$', 1) IN (SELECT lower(value) FROM t WHERE element = 'PolicyValues')
  UNION ALL
  SELECT eid, time_ns, computer, path, target_path, CASE api WHEN 'CreateFile' THEN 'lays a file where an elevated program takes it' ELSE 'loads a library laid for an elevated program' END FROM seen
  WHERE api IN ('CreateFile', 'LoadLibrary') AND path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'FileOwners')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'HijackedFiles' AND target_path LIKE value ESCAPE '\')
      OR lower(object_name) IN (SELECT value FROM t WHERE element = 'ParentProcessName') AND target_path LIKE '%\Temp\%' AND api = 'CreateFile' AND path NOT LIKE '_:\Windows\%')
  UNION ALL
  SELECT eid, time_ns, computer, path, parent_path, 'runs elevated for an unelevated program, or from a false folder' FROM seen
  WHERE api = 'CreateProcess' AND lower(object_name) IN (SELECT value FROM t WHERE element IN ('ParentProcessName', 'TalkativeParents') UNION SELECT 'taskmgr.exe')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryChildren' AND lower(parent_name || '>' || object_name) LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedProcessPath'
      AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\' AND integrity_level = 'High' AND (parent_integrity_level IN ('Low', 'Medium')
        OR parent_integrity_level = '' AND lower(object_name) IN (SELECT value FROM t WHERE element = 'ParentProcessName' EXCEPT SELECT value FROM t WHERE element = 'AskedByInstallers'))))
  UNION ALL
  SELECT eid, time_ns, computer, path, cmdline, 'is told to bypass the prompt' FROM seen
  WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'CommandPatterns' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, path, replace(substr(script_text, 1, 200), char(10), ' '), 'runs a script that bypasses the prompt or switches it off' FROM scripts
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'CommandPatterns' AND script_text LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, path, parent_path, 'is the elevated child of a program that starts none' FROM children
  WHERE integrity_level IN ('High', 'System', '') AND token_elevation <> 'limited' AND parent_cmdline NOT LIKE '%-Embedding%'
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryChildren' AND parent_name || '>' || name LIKE value ESCAPE '\' AND path LIKE '_:\Windows\%')
    AND (parent_name IN (SELECT value FROM t WHERE element = 'ParentProcessName')
      OR integrity_level <> '' AND name IN (SELECT value FROM t WHERE element = 'Interpreters')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedProcessPath' AND path LIKE value ESCAPE '\' AND integrity_level <> '')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ElevatedObjects' AND parent_cmdline LIKE value ESCAPE '\'))
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || way || ': ' || object AS summary, way, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
