-- id: AN1399
-- name: Code put into another process and run there
-- strategy: DET0508
-- technique: T1055
-- tactics: Defense Evasion, Privilege Escalation
-- platform: windows
-- description: A process starts a thread in another one at code that lies in no module or in the loader (or anywhere, if
--   the process is one that never does); code that is not the system's gets a handle with the rights to write there, if it
--   lies in no module or calls the kernel itself, or if the target is its own child opened again or a program of Windows or
--   Program Files; or it writes there and redirects a thread within the window. Also reported: an image that was replaced
--   in memory, a program that only ever has arguments started without, or one that people start so by a stranger, a shell
--   below a program that starts none or below such a bare one, a command or a script that injects, a pipe by whose name a known framework's
--   injected code reports, a program without managed code that loads the .NET runtime, and a library outside system folders that
--   Windows is told to put into other programs.
-- log_sources: WinEventLog:Sysmon, etw:Microsoft-Windows-Kernel-Process
-- tables: api_calls, process_modifications
-- extra: how, rights, code_path
-- pyramid_level: 5
-- severity: high
-- interval: 10
-- window: TimeWindow
-- tuning:
--   AccessMask | like | rights by name | PROCESS_ALL_ACCESS | AccessMask | Rights that a handle for injection has.
--   AccessMask | like | rights by name | %PROCESS_VM_OPERATION%PROCESS_VM_WRITE% | AccessMask | Rights that a handle for injection has.
--   AccessMask | like | rights by name | %PROCESS_CREATE_THREAD% | AccessMask | Rights that a handle for injection has.
--   TimeWindow | window | seconds | 60 | TimeWindow | Longest time from a write into the target to the redirection of its thread.
--   InjectedProcessList | like | executable path | C:\\Windows\\% | InjectedProcessList | Targets for which a handle alone is reported when a program outside the system folders asks for it.
--   InjectedProcessList | like | executable path | C:\\Program Files% | InjectedProcessList | Targets for which a handle alone is reported when a program outside the system folders asks for it.
--   InjectedProcessList | like | executable path | \\Device\\HarddiskVolume%\\Windows\\% | InjectedProcessList | Targets for which a handle alone is reported when a program outside the system folders asks for it.
--   InjectedProcessList | like | executable path | \\Device\\HarddiskVolume%\\Program Files% | InjectedProcessList | Targets for which a handle alone is reported when a program outside the system folders asks for it.
--   ReadTarget | text | executable name | lsass.exe | apiwatch | Targets that are opened with all rights to be read: such a handle alone is no injection.
--   InjectorAllowlist | like | executable path | C:\\Windows\\System32\\csrss.exe | apiwatch | Callers that are left out, by full path.
--   TamperingAllowlist | like | executable path | C:\\Program Files%\\Google\\Chrome\\Application\\chrome.exe | apiwatch | Programs that map their own image anew.
--   TamperingAllowlist | like | executable path | C:\\Program Files%\\Microsoft\\Edge%\\Application\\%msedge%.exe | apiwatch | Programs that map their own image anew.
--   TamperingAllowlist | like | executable path | C:\\Program Files%\\Mozilla Firefox\\firefox.exe | apiwatch | Programs that map their own image anew.
--   TamperingAllowlist | like | executable path | C:\\Program Files%\\BraveSoftware\\Brave-Browser\\Application\\brave.exe | apiwatch | Programs that map their own image anew.
--   NeverBare | text | executable name | svchost.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | rundll32.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | dllhost.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | regsvr32.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | SearchProtocolHost.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | SearchFilterHost.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | WerFault.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | wermgr.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | backgroundTaskHost.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | RegAsm.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | RegSvcs.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | InstallUtil.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | aspnet_compiler.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | vbc.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | csc.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | jsc.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | cvtres.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | AppLaunch.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | CasPol.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | ilasm.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | AddInProcess.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | AddInProcess32.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | AddInUtil.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | aspnet_regbrowsers.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   NeverBare | text | executable name | ngentask.exe | apiwatch | Programs that are started with arguments only, else as a host for injected code.
--   BareByStranger | text | executable name | notepad.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | gpupdate.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | explorer.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | iexplore.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | msra.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | mobsync.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | dxdiag.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | AtBroker.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | OneDriveSetup.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | xwizard.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | wabmig.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | msbuild.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | wab.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | ieinstal.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | ielowutil.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | colorcpl.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | systray.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | SndVol.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | ImagingDevices.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | cmmon32.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | raserver.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | rasautou.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | fixmapi.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | logagent.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | DpiScaling.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | MuiUnattend.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | wextract.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | extrac32.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | dllhst3g.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | calc.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | spoolsv.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | sethc.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | bootcfg.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | msiexec.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | lsass.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | services.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | smss.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | csrss.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | fontdrvhost.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   BareByStranger | text | executable name | cmstp.exe | apiwatch | Programs that people start without arguments, reported where a program outside the system folders does.
--   InjectedPipe | like | pipe name | \\MSSE-%-server | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\msagent\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\postex\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\status\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\interprocess\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\wkssvc\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\netlogon\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\samr\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\lsarpc\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\srvsvc\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\spoolss\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\ntsvcs\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\DserNamePipe% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\mojo.5688.8052.% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\gruntsvc | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\Posh% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\jaccdpqnvbrrxlaf | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\%lacesomepipe | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\fullduplex\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\msrpc\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\demoagent\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\mypipe-f% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\mypipe-h% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectedPipe | like | pipe name | \\win\\msrpc\_% | apiwatch | Pipes by which code that a known framework injects reports.
--   InjectionScripts | like | script text | %WriteProcessMemory%CreateRemoteThread% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %CreateRemoteThread%WriteProcessMemory% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %WriteProcessMemory%RtlCreateUserThread% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %WriteProcessMemory%NtCreateThreadEx% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %NtUnmapViewOfSection%WriteProcessMemory% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %WriteProcessMemory%SetThreadContext% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %SetThreadContext%WriteProcessMemory% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %WriteProcessMemory%QueueUserAPC% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %QueueUserAPC%WriteProcessMemory% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %VirtualAllocEx%WriteProcessMemory%ResumeThread% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %MapViewOfSection%RtlCreateUserThread% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %MapViewOfSection%CreateRemoteThread% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %MapViewOfSection%QueueUserAPC% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %VirtualAllocEx%CreateRemoteThread% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %CreateRemoteThread%VirtualAllocEx% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %WriteVirtualMemory%CreateThreadEx% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %CreateThreadEx%WriteVirtualMemory% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %VirtualAllocEx%NtCreateThreadEx% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %WriteVirtualMemory%QueueApcThread% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %NtCreateSection%MapViewOfSection% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %CreateRemoteThread%MapViewOfSection% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %Invoke-%Injec%-ProcI% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %Invoke-%Injec%-ProcName% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %Invoke-Shellcode%-ProcessI% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %Invoke-%Injec%-ProcessI% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %Start-Hollow%-Sponsor% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %Invoke-Shellcode%-Lhost% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionScripts | like | script text | %Invoke-%Injec%name="Proc% | apiwatch | Scripts that declare or call what writes into another process and runs it there.
--   InjectionPrograms | text | executable name | mavinject.exe | apiwatch | Programs of Windows that put a library into another process when InjectionCommands tell them.
--   InjectionPrograms | text | executable name | mavinject32.exe | apiwatch | Programs of Windows that put a library into another process when InjectionCommands tell them.
--   InjectionPrograms | text | executable name | mavinject64.exe | apiwatch | Programs of Windows that put a library into another process when InjectionCommands tell them.
--   InjectionPrograms | text | executable name | ttdinject.exe | apiwatch | Programs of Windows that put a library into another process when InjectionCommands tell them.
--   InjectionPrograms | text | executable name | tracker.exe | apiwatch | Programs of Windows that put a library into another process when InjectionCommands tell them.
--   InjectionCommands | like | command line | %/INJECTRUNNING% | apiwatch | Commands that make them do so.
--   InjectionCommands | like | command line | %/HMODULE=0x% | apiwatch | Commands that make them do so.
--   InjectionCommands | like | command line | %ttdinject%/ClientParams% | apiwatch | Commands that make them do so.
--   InjectionCommands | like | command line | %tracker%/d %.dll%/c% | apiwatch | Commands that make them do so.
--   NeverThreads | text | executable name | rundll32.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | regsvr32.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | powershell.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | pwsh.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | mshta.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | wscript.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | cscript.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | msbuild.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | installutil.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | regasm.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | winword.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | excel.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | powerpnt.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | outlook.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | notepad.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | cmd.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | dllhost.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | mavinject.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | schtasks.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | ping.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverThreads | text | executable name | gpupdate.exe | apiwatch | Programs that start no thread in another process, wherever in it.
--   NeverParents | text | executable name | wermgr.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | msra.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | searchprotocolhost.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | gpupdate.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | backgroundtaskhost.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | searchfilterhost.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | mobsync.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | dxdiag.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | wab.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | xwizard.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | atbroker.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | notepad.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | calc.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | regasm.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | regsvcs.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | werfault.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | searchindexer.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | wininit.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | fontdrvhost.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | dwm.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | audiodg.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | lsaiso.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | runtimebroker.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | mspaint.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | colorcpl.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   NeverParents | text | executable name | systray.exe | apiwatch | Programs that start no command interpreter, else than by code put into them.
--   Shells | text | executable name | cmd.exe | apiwatch | Command interpreters.
--   Shells | text | executable name | powershell.exe | apiwatch | Command interpreters.
--   Shells | text | executable name | pwsh.exe | apiwatch | Command interpreters.
--   Shells | text | executable name | whoami.exe | apiwatch | Command interpreters.
--   Shells | text | executable name | nltest.exe | apiwatch | Command interpreters.
--   Shells | text | executable name | net.exe | apiwatch | Command interpreters.
--   Shells | text | executable name | arp.exe | apiwatch | Command interpreters.
--   Shells | text | executable name | systeminfo.exe | apiwatch | Command interpreters.
--   OrdinaryInjections | like | command line | %/INJECTRUNNING%"_:\\Windows\\System32\\AppVEntSubsystems__.dll"% | apiwatch | Libraries of Windows and Office that such programs put into others as their work.
--   OrdinaryInjections | like | command line | %/INJECTRUNNING _:\\Windows\\System32\\AppVEntSubsystems__.dll% | apiwatch | Libraries of Windows and Office that such programs put into others as their work.
--   OrdinaryInjections | like | command line | %/INJECTRUNNING%\\root\\%\\AppVIsvSubsystems__.dll% | apiwatch | Libraries of Windows and Office that such programs put into others as their work.
--   RegisteredLibraries | like | key or command line | %\\AppCertDlls% | apiwatch | Values by which Windows puts a library into every program that starts, or that has windows; reported where the library lies outside system folders.
--   RegisteredLibraries | like | key or command line | %AppInit\_DLLs% | apiwatch | Values by which Windows puts a library into every program that starts, or that has windows; reported where the library lies outside system folders.
--   RuntimeModules | text | file name | clr.dll | apiwatch | Modules of the .NET runtime: a program of BareByStranger or NeverParents that loads one runs injected code.
--   RuntimeModules | text | file name | coreclr.dll | apiwatch | Modules of the .NET runtime: a program of BareByStranger or NeverParents that loads one runs injected code.
--   Managed | text | executable name | msbuild.exe | apiwatch | Of those, the ones that may host managed code.
--   Managed | text | executable name | explorer.exe | apiwatch | Of those, the ones that may host managed code.
--   Managed | text | executable name | iexplore.exe | apiwatch | Of those, the ones that may host managed code.
--   Managed | text | executable name | msiexec.exe | apiwatch | Of those, the ones that may host managed code.
--   Managed | text | executable name | regasm.exe | apiwatch | Of those, the ones that may host managed code.
--   Managed | text | executable name | regsvcs.exe | apiwatch | Of those, the ones that may host managed code.
--   Managed | text | executable name | installutil.exe | apiwatch | Of those, the ones that may host managed code.
--   Managed | text | executable name | services.exe | apiwatch | Of those, the ones that may host managed code.
--   LibraryFolders | like | file path | _:\\Windows\\System32\\% | apiwatch | Where such a library lies by right.
--   LibraryFolders | like | file path | _:\\Windows\\SysWOW64\\% | apiwatch | Where such a library lies by right.
--   LibraryFolders | like | file path | _:\\Program Files% | apiwatch | Where such a library lies by right.
--   LibraryFolders | like | file path | _:\\PROGRA~_\\% | apiwatch | Where such a library lies by right.
--   SystemOnly | text | executable name | svchost.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | searchprotocolhost.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | searchfilterhost.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | backgroundtaskhost.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | taskhostw.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | runtimebroker.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | sihost.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | spoolsv.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | lsass.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | lsaiso.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | services.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | smss.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | csrss.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | wininit.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | winlogon.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | dwm.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | fontdrvhost.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   SystemOnly | text | executable name | audiodg.exe | apiwatch | Programs that only Windows starts: one started by a program outside system folders is a host for its code.
--   AntimalwarePrograms | like | executable path | _:\\ProgramData\\Microsoft\\Windows Defender\\% | apiwatch | Parts of Windows outside its folder that start them as well.
-- benign:
--   Security products, debuggers, screen readers and overlays of games that work by injection: name them in InjectorAllowlist.
--   A product of Program Files that loads its library into programs outside system folders, as overlays of games do, is left out.
--   A launcher in a user's folder that opens an empty editor or browser.
-- limits:
--   Handles, threads and replaced images need WinEventLog:Sysmon (10, 8, 25) or audited handles (4656, 4663), starts process creation, scripts WinEventLog:PowerShell,
--   pipes Sysmon's 17; a write, an APC and a changed context show in the trace of Microsoft-Windows-Threat-Intelligence alone.
--   A handle that code of a system module asked for, an inherited one or one that was duplicated is left out, and so is a thread that begins inside a system module other than at its loader.
--   Programs of Program Files and Windows are believed to be the system's wherever the event has no call trace.
--   A bare start is judged by the command line; Security 4688 has it only where it is audited. Libraries loaded by the target are not joined.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0508
--   https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN1399'
),
touched AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, rights, code_path, api_frames, is_child, process_key, parent_process_key, path, target_process_key, target_path, target_name, api IN ('VirtualAllocEx', 'WriteProcessMemory', 'MapViewOfSection', 'VirtualProtectEx') AS is_write
  FROM process_modifications WHERE is_self = 0 AND (code_system_path = 0 OR api = 'CreateRemoteThread' AND code_path <> '' AND name IN (SELECT value FROM t WHERE element = 'NeverThreads'))
),
bare AS MATERIALIZED (
  SELECT eid, api, process_key, parent_process_key, path, parent_path, name, parent_name, cmdline, target_path,
    lower(rtrim(replace(cmdline, '"', ''))) IN (lower(path), lower(name), substr(lower(name), 1, length(name) - 4), 'c:\windows\system32\' || lower(name), 'c:\windows\syswow64\' || lower(name), 'c:\windows\sysnative\' || lower(name)) AS is_bare, lower(rtrim(replace(parent_cmdline, '"', ''))) IN (lower(parent_path), lower(parent_name)) AS is_below_bare
  FROM api_calls WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('NeverBare', 'BareByStranger', 'InjectionPrograms', 'Shells', 'RuntimeModules', 'SystemOnly')) AND api IN ('CreateProcess', 'LoadLibrary')
),
started AS (
  SELECT *, CASE WHEN api = 'LoadLibrary' THEN CASE WHEN target_path LIKE '%clr.dll' AND lower(name) IN (SELECT lower(value) FROM t WHERE element IN ('BareByStranger', 'NeverParents') EXCEPT SELECT lower(value) FROM t WHERE element = 'Managed') THEN 'runtime' END
    WHEN lower(name) IN (SELECT value FROM t WHERE element = 'InjectionPrograms') AND EXISTS (SELECT 1 FROM t WHERE element = 'InjectionCommands' AND cmdline LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryInjections' AND cmdline LIKE value ESCAPE '\') THEN 'told'
    WHEN lower(name) IN (SELECT value FROM t WHERE element = 'Shells') AND parent_path LIKE '_:\Windows\%' AND lower(parent_name) IN (SELECT lower(value) FROM t WHERE element = 'NeverParents' OR element = 'NeverBare' AND is_below_bare) THEN 'child'
    WHEN lower(name) IN (SELECT value FROM t WHERE element = 'SystemOnly') AND path LIKE '_:\Windows\%' AND parent_path LIKE '_:\%' AND (parent_path NOT LIKE '_:\Windows\%' AND parent_path NOT LIKE '_:\Program Files%' OR lower(name) = 'svchost.exe' AND lower(parent_name) IN (SELECT value FROM t WHERE element = 'Shells' UNION SELECT 'explorer.exe'))
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AntimalwarePrograms' AND parent_path LIKE value ESCAPE '\') THEN 'stranger'
    WHEN is_bare AND cmdline <> '' AND NOT (lower(name) = 'cvtres.exe' AND lower(parent_name) IN ('csc.exe', 'vbc.exe')) AND lower(name) IN (SELECT lower(value) FROM t WHERE element IN ('NeverBare', 'BareByStranger')) AND (EXISTS (SELECT 1 FROM t WHERE element = 'NeverBare' AND lower(value) IN (lower(name), lower(parent_name)))
      OR parent_path <> '' AND parent_path NOT LIKE 'C:\Windows\%' AND parent_path NOT LIKE 'C:\Program Files%') THEN 'bare_host' END AS how
  FROM bare
),
texts AS MATERIALIZED (
  SELECT eid, process_key, path, target_path, CASE WHEN api = 'CreateNamedPipe' THEN 'pipe' WHEN arguments_like IN (SELECT value FROM t WHERE element = 'InjectionScripts') THEN 'script' ELSE 'library' END AS how,
    CASE api WHEN 'RegSetValueEx' THEN regex_match(arguments, ' data=(.+)$', 1) ELSE regex_match(arguments, '[ /-][Dd](ata)? +"?([^"]+[.][Dd][Ll][Ll])', 2) END AS library
  FROM api_calls WHERE api IN ('CreateNamedPipe', 'ScriptBlock', 'RegSetValueEx', 'CreateProcess')
    AND arguments_like IN (SELECT value FROM t WHERE element IN ('InjectionScripts', 'RegisteredLibraries') UNION SELECT '%pipe=' || value FROM t WHERE element = 'InjectedPipe')
),
story AS (
  SELECT *, max(CASE WHEN is_write THEN eid END) OVER pair AS written, max(CASE WHEN is_write THEN time_ns END) OVER pair AS written_ns FROM touched WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'InjectorAllowlist' AND path LIKE value ESCAPE '\') WINDOW pair AS (PARTITION BY process_key, target_process_key ORDER BY eid)
),
found AS (
  SELECT eid, eid AS eids, 'thread' AS how, process_key AS actor, target_process_key AS victim, rights, code_path,
    path || ' started a thread in ' || target_path || ' at ' || CASE code_path WHEN 'UNKNOWN' THEN 'code that lies in no module' WHEN '' THEN 'an address whose module is not told' ELSE code_path END AS summary
  FROM story WHERE api = 'CreateRemoteThread' AND arguments NOT LIKE 'start_address=0xffff%' AND NOT (code_path LIKE '%\kernel32.dll' AND path LIKE 'C:\Program Files%' AND target_path NOT LIKE '_:\Windows\%' AND target_path NOT LIKE '_:\Program Files%')
  UNION ALL
  SELECT eid, written || ',' || eid, 'redirection', process_key, target_process_key, rights, code_path, path || ' wrote into ' || target_path || ' and redirected its thread by ' || api
  FROM story WHERE api IN ('QueueUserAPC', 'SetThreadContext') AND time_ns - written_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, eid, 'handle', process_key, target_process_key, rights, code_path,
    path || ' opened ' || target_path || ' to write into it, asked by ' || CASE code_path WHEN 'UNKNOWN' THEN 'code that lies in no module' WHEN '' THEN 'itself' ELSE code_path END
  FROM story WHERE EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND rights LIKE value ESCAPE '\')
    AND NOT (rights = 'PROCESS_ALL_ACCESS' AND (api_frames > 1 OR code_path = '' OR lower(target_name) IN (SELECT value FROM t WHERE element = 'ReadTarget')))
    AND (code_path = 'UNKNOWN' OR api_frames = 0 AND code_path <> '' OR is_child = 1 OR EXISTS (SELECT 1 FROM t WHERE element = 'InjectedProcessList' AND target_path LIKE value ESCAPE '\'))
  UNION ALL
  SELECT eid, eid, 'tampering', coalesce(nullif(parent_process_key, ''), process_key), process_key, rights, code_path, 'The image of ' || path || ' in memory is not its file (' || substr(arguments, 6) || ')'
  FROM story WHERE api = 'ProcessTampering' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TamperingAllowlist' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, how, CASE WHEN how IN ('told', 'runtime') THEN process_key ELSE parent_process_key END, process_key, '', '', CASE how WHEN 'child' THEN parent_path || ', which starts none, started ' || path
    WHEN 'told' THEN path || ' is told to put a library into another process: ' || cmdline WHEN 'runtime' THEN path || ', which has no managed code, loaded ' || target_path ELSE coalesce(nullif(parent_path, ''), 'A process') || ' started ' || path || CASE how WHEN 'stranger' THEN ', which only Windows does' ELSE ' without the arguments it always has' END END FROM started WHERE how IS NOT NULL
  UNION ALL
  SELECT eid, eid, how, coalesce(nullif(process_key, ''), eid), CASE how WHEN 'pipe' THEN process_key ELSE '' END, '', coalesce(library, ''), coalesce(nullif(path, ''), 'An interpreter') || CASE how WHEN 'script' THEN ' runs a script that writes into another process and runs it there'
    WHEN 'pipe' THEN ' made the pipe ' || target_path || ', by which injected code reports' ELSE ' names a library that Windows puts into other programs: ' || library END
  FROM texts WHERE how <> 'library' OR library LIKE '%_:\%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'LibraryFolders' AND library LIKE value ESCAPE '\')
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY actor, victim ORDER BY eid) AS place, max(CASE how WHEN 'told' THEN eid END) OVER (PARTITION BY actor ORDER BY eid) AS told FROM found
)
SELECT eid, eids, summary, how, rights, code_path FROM ranked WHERE place = 1 AND coalesce(told, eid) = eid
