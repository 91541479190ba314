-- id: AN0838
-- name: Code run from memory inside a process, without a file
-- strategy: DET0300
-- technique: T1620
-- tactics: Defense Evasion
-- platform: windows
-- description: Code that lies in no module opens or creates a process; a program without managed code loads the .NET
--   runtime, or the runtime writes its log of such a host; a program outside the system folders makes memory executable and
--   within the window starts a thread of its own; a script loads an assembly from bytes or runs code that it puts into its own
--   memory; or the .NET runtime's trace shows an assembly that has no file.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-DotNETRuntime
-- tables: api_calls, process_modifications
-- extra: how, evidence
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindow
-- tuning:
--   ParentProcessWhitelist | like | executable path | C:\\Program Files\\Microsoft Visual Studio\\% | ParentProcessWhitelist | Programs, and what they start, that run code from memory as their work.
--   ParentProcessWhitelist | like | executable path | C:\\Program Files (x86)\\Microsoft Visual Studio\\% | ParentProcessWhitelist | Programs, and what they start, that run code from memory as their work.
--   MemoryRegionPermissions | like | protection | PAGE\_EXECUTE\_READWRITE% | MemoryRegionPermissions | Protections of a process's own memory that are looked at.
--   MemoryRegionPermissions | like | protection | PAGE\_EXECUTE\_WRITECOPY% | MemoryRegionPermissions | Protections of a process's own memory that are looked at.
--   MemoryRegionPermissions | like | protection | PAGE\_EXECUTE\_READ | MemoryRegionPermissions | Protections of a process's own memory that are looked at.
--   TimeWindow | window | seconds | 30 | apiwatch | Longest time from the executable memory to the thread.
--   ManagedCode | like | call trace | %\\clr.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %\\coreclr.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %\\mscorwks.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %.ni.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %\\jvm.dll+% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   ManagedCode | like | call trace | %UNKNOWN(00007FF% | apiwatch | Traces of code that a runtime compiles, which lies in no module by right.
--   RuntimeModule | text | module name | clr.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | coreclr.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | mscorwks.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | rundll32.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | regsvr32.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | wscript.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | cscript.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | mshta.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | cmstp.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | werfault.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | wermgr.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | notepad.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | spoolsv.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | lsass.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | winlogon.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | cmd.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | mscoreei.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | clrjit.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | gpupdate.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | mobsync.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | msra.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | dxdiag.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | xwizard.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | atbroker.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | calc.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | write.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | mspaint.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | userinit.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | conhost.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | fontdrvhost.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | dwm.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | audiodg.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | sihost.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | ctfmon.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | csrss.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | smss.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | wininit.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | searchfilterhost.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | searchprotocolhost.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | searchindexer.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | certutil.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | bitsadmin.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | net.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | net1.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | whoami.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | tasklist.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | nslookup.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | ping.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | ipconfig.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | systeminfo.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | schtasks.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | reg.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | hh.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | odbcconf.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | forfiles.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | at.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | eudcedit.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | choice.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | timeout.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | w32tm.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | wuauclt.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | control.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | msxsl.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | wmic.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | wmiadap.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | charmap.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | help.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | print.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | attrib.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | makecab.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | expand.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | finger.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | ftp.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | where.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | sc.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | nltest.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | klist.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | query.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | quser.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | arp.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | route.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | netstat.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | tracert.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | cmdkey.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | svchost.exe.log | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | mscorlib.ni.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | system.management.automation.ni.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   RuntimeModule | text | module name | system.management.automation.dll | apiwatch | Modules of the .NET runtime, and the logs that it keeps of its hosts.
--   NativeProgram | like | executable path | C:\\Windows\\%\\notepad.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\notepad.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\rundll32.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\regsvr32.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\wscript.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\cscript.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\mshta.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\cmstp.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\WerFault.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\wermgr.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\spoolsv.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\lsass.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\winlogon.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\cmd.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\gpupdate.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\mobsync.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\msra.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\dxdiag.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\xwizard.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\AtBroker.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\calc.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\write.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\mspaint.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\userinit.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\conhost.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\fontdrvhost.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\dwm.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\audiodg.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\sihost.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\ctfmon.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\csrss.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\smss.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\wininit.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\services.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\SearchFilterHost.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\SearchProtocolHost.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\SearchIndexer.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\certutil.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\bitsadmin.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\net.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\net1.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\whoami.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\tasklist.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\nslookup.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\ping.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\ipconfig.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\systeminfo.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\schtasks.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\reg.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\hh.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\odbcconf.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\forfiles.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\at.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\eudcedit.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\choice.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\timeout.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\w32tm.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\wuauclt.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\control.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\msxsl.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\wmic.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\WMIADAP.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\charmap.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\help.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\print.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\attrib.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\makecab.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\expand.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\finger.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\ftp.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\where.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\sc.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\nltest.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\klist.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\query.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\quser.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\arp.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\route.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\netstat.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\tracert.exe | apiwatch | Programs that hold no managed code and host none.
--   NativeProgram | like | executable path | C:\\Windows\\S%\\cmdkey.exe | apiwatch | Programs that hold no managed code and host none.
--   LoadFromBytes | like | script text | %Assembly]::Load($% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::Load(([% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::Load([% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::Load((New-Object% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %FromBase64String%Assembly%::Load(% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %CurrentDomain.Load($% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %CurrentDomain.Load((% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %CurrentDomain.Load([% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %AppDomain%GetMethod("Load"%[byte% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly%.GetMethod("Load"%[byte% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly].GetMethod('Load'% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::"Load"(% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::'Load'(% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::UnsafeLoadFrom("http% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::LoadFrom("http% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::LoadFrom('http% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %BinaryFormatter%.Deserialize\_2(% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %.DownloadData(%).EntryPoint.Invoke(% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::Load((% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly]::(% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %::Load($%EntryPoint% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %.GetMethod('Load'%[byte% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %.GetMethod("Load"%[byte% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %::Load($%.GetType(%.GetMethod(% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly].('% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   LoadFromBytes | like | script text | %Assembly].("% | apiwatch | Scripts that load an assembly from bytes and not by its name.
--   OrdinaryHost | like | command line | %zzzzInvokeManagedCustomActionOutOfProc% | apiwatch | Commands by which such a program hosts managed code by right: actions of Windows Installer written in it, ClickOnce.
--   OrdinaryHost | like | command line | %!%InvokeManagedCustomAction% | apiwatch | Commands by which such a program hosts managed code by right: actions of Windows Installer written in it, ClickOnce.
--   OrdinaryHost | like | command line | %dfshim.dll% | apiwatch | Commands by which such a program hosts managed code by right: actions of Windows Installer written in it, ClickOnce.
--   OrdinaryHost | like | command line | %mscoree.dll% | apiwatch | Commands by which such a program hosts managed code by right: actions of Windows Installer written in it, ClickOnce.
--   RunFromBytes | like | script | %VirtualAlloc%GetDelegateForFunctionPointer% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %GetDelegateForFunctionPointer%VirtualAlloc% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %VirtualAlloc%Marshal]::Copy(%CreateThread% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %VirtualAlloc%CreateThread%Marshal]::Copy(% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %VirtualProtect%GetDelegateForFunctionPointer% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %CreateThread%VirtualAlloc%Marshal]::Copy(% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %Marshal.Copy(%CreateThread(%VirtualAlloc(% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %VirtualAlloc(%Marshal.Copy(%CreateThread(% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %MemoryLoadLibrary% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %$PEBytes% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %$PEInfo.PEHandle% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %IMAGE\_BASE\_RELOCATION% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %IMAGE\_NT\_HEADERS%SizeOfImage% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %.IMAGE\_SECTION\_HEADER% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | %Invoke-%Reflective%-PE% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
--   RunFromBytes | like | script | % -PEUrl http% | apiwatch | Scripts that put code into their own memory and run it, or that load a program as Windows does.
-- benign:
--   Modules of PowerShell that bring their libraries along as bytes.
--   Programs of one file that carry their libraries as bytes, where the .NET runtime is traced.
--   Scripts of administrators that use COM objects written in .NET from wscript or cscript.
--   A runtime that compiles code and that ManagedCode does not know, such as that of a game, starting a process.
--   A script that loads an assembly by a name that it holds in a variable.
-- limits:
--   Unbacked callers need WinEventLog:Sysmon's event 10 with its call trace, the runtime its events 7 and 11 or etw:Microsoft-Windows-DotNETRuntime, scripts
--   WinEventLog:PowerShell or etw:Microsoft-Antimalware-Scan-Interface; own memory shows in the trace of Microsoft-Windows-Threat-Intelligence only, own threads in that of Microsoft-Windows-Kernel-Process.
--   Code in memory that neither reaches into another process, loads .NET nor makes memory executable in sight of an event raises none.
--   A call through a module that stands for the code, as stack spoofing does, looks like that module's.
--   Where the thread begins is not compared with the memory, and memory that is not executable is never looked at. Managed code that loads more of itself from memory is not told from what every .NET program does.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0300
--   https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0838'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, code_path, call_trace, is_self, process_key, path, parent_path, target_path
  FROM process_modifications WHERE code_system_path = 0 AND api NOT IN ('CreateRemoteThread', 'ProcessTampering')
),
runtime AS MATERIALIZED (
  SELECT eid, process_key, path, cmdline, parent_path, target_path AS module_path FROM api_calls
  WHERE object_name IN (SELECT value FROM t WHERE element = 'RuntimeModule') AND api IN ('LoadLibrary', 'CreateFile')
),
told AS MATERIALIZED (
  SELECT eid, api, computer, process_key, path, parent_path, target_path, arguments FROM api_calls
  WHERE api IN ('AssemblyLoadImage', 'ScriptBlock', 'AmsiScanBuffer', 'CreateProcess') AND arguments_like IN (SELECT value FROM t WHERE element IN ('LoadFromBytes', 'RunFromBytes') UNION SELECT 'flags=%')
),
memory AS (
  SELECT * FROM touched WHERE is_self = 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'MemoryRegionPermissions' AND arguments || ' ' LIKE '% protect=' || value || ' %' ESCAPE '\')
),
started AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, parent_path FROM api_calls
  WHERE process_key IN (SELECT process_key FROM memory) AND api = 'CreateThread' LIMIT -EXISTS (SELECT 1 FROM memory)
),
story AS (
  SELECT eid, time_ns, process_key, 0 AS is_thread, '' AS path, '' AS parent_path FROM memory
  UNION ALL
  SELECT eid, time_ns, process_key, 1, path, parent_path FROM started
),
sequence AS (
  SELECT *, max(CASE WHEN NOT is_thread THEN eid END) OVER own AS memory_eid, max(CASE WHEN NOT is_thread THEN time_ns END) OVER own AS memory_ns
  FROM story WINDOW own AS (PARTITION BY process_key ORDER BY eid)
),
found AS (
  SELECT eid, eid AS eids, process_key, path, parent_path, 'unbacked_caller' AS how, call_trace AS evidence,
    'Code of ' || path || ' that lies in no module opened ' || target_path AS summary
  FROM touched WHERE code_path = 'UNKNOWN' AND is_self = 0 AND NOT (arguments = 'access=PROCESS_QUERY_LIMITED_INFORMATION' AND lower(path) = 'c:\windows\system32\svchost.exe') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ManagedCode' AND call_trace LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, process_key, path, parent_path, 'foreign_runtime', module_path, path || ', which has no managed code, ' || CASE WHEN module_path LIKE '%.log' THEN 'hosted the .NET runtime: ' ELSE 'loaded ' END || module_path
  FROM runtime WHERE (EXISTS (SELECT 1 FROM t WHERE element = 'NativeProgram' AND path LIKE value ESCAPE '\') OR path LIKE 'C:\Windows\S%\svchost.exe' AND module_path LIKE '%.log')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryHost' AND cmdline LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, coalesce(nullif(process_key, ''), computer), path, parent_path, 'assembly', target_path, coalesce(nullif(path, ''), 'A process') || ' loaded the assembly ' || target_path || ' from memory'
  FROM told WHERE api = 'AssemblyLoadImage'
  UNION ALL
  SELECT eid, memory_eid || ',' || eid, process_key, path, parent_path, 'own_thread', '', path || ' made memory executable and started a thread'
  FROM sequence WHERE is_thread AND time_ns - memory_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, coalesce(nullif(process_key, ''), computer), path, parent_path, 'script', substr(arguments, max(1, instr(arguments, 'Load') - 60), 120),
    'A script of ' || coalesce(nullif(path, ''), 'an interpreter') || CASE WHEN EXISTS (SELECT 1 FROM t WHERE element = 'LoadFromBytes' AND arguments LIKE value ESCAPE '\')
      THEN ' loaded an assembly from bytes' ELSE ' runs code that it puts into its own memory' END
  FROM told WHERE api <> 'AssemblyLoadImage'
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM found
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'ParentProcessWhitelist' AND (path LIKE value ESCAPE '\' OR parent_path LIKE value ESCAPE '\'))
)
SELECT eid, eids, summary, how, evidence FROM ranked WHERE place = 1
