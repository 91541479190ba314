package apimap

// Where the events of several providers are documented; {id} stands for the event's id.
const (
	auditPages = "https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/" +
		"event-{id}"
	sysmonPage   = "https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon"
	manifestPage = "https://github.com/jdu2600/Windows10EtwEvents" // the manifests of Windows' providers, extracted
)

// providers has every provider that an event of the lists is of.
var providers = map[string]provider{
	"audit":                               {"auditd:SYSCALL", "linux", "https://man7.org/linux/man-pages/man8/auditctl.8.html"},
	"Microsoft-Windows-Sysmon":            {"WinEventLog:Sysmon", "windows", sysmonPage},
	"Microsoft-Windows-Security-Auditing": {"WinEventLog:Security", "windows", auditPages},
	"Microsoft-Windows-PowerShell": {
		"WinEventLog:PowerShell", "windows",
		"https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.core/about/about_logging_windows",
	},
	"Service Control Manager": {
		"WinEventLog:System", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/services/service-control-manager",
	},
	"Microsoft-Windows-TaskScheduler": {
		"WinEventLog:TaskScheduler", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/taskschd/task-scheduler-start-page",
	},
	"Microsoft-Windows-WMI-Activity": {
		"WinEventLog:Microsoft-Windows-WMI-Activity/Operational", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/wmisdk/tracing-wmi-activity",
	},
	"Microsoft-Windows-DistributedCOM": {
		"WinEventLog:System", "windows",
		"https://learn.microsoft.com/en-us/troubleshoot/windows-client/application-management/event-10016-logged-when-accessing-dcom",
	},
	"Microsoft-Windows-Windows Defender": {
		"WinEventLog:Microsoft-Windows-Windows Defender/Operational", "windows",
		"https://learn.microsoft.com/en-us/defender-endpoint/troubleshoot-microsoft-defender-antivirus",
	},
	"Microsoft-Windows-DNS-Client":     {"WinEventLog:Microsoft-Windows-DNS-Client/Operational", "windows", manifestPage},
	"Microsoft-Windows-PrintService":   {"WinEventLog:Microsoft-Windows-PrintService/Operational", "windows", manifestPage},
	"Microsoft-Windows-MF-FrameServer": {"WinEventLog:Microsoft-Windows-Windows Camera Frame Server/Operational", "windows", manifestPage},
	"Microsoft-Windows-Bits-Client": {
		"WinEventLog:Microsoft-Windows-Bits-Client/Operational", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/bits/background-intelligent-transfer-service-portal",
	},
	"Microsoft-Windows-TerminalServices-LocalSessionManager": {
		"WinEventLog:Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "windows", manifestPage,
	},
	"Microsoft-Windows-TerminalServices-RemoteConnectionManager": {
		"WinEventLog:Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", "windows", manifestPage,
	},
	"Microsoft-Windows-WinRM": {"WinEventLog:Microsoft-Windows-WinRM/Operational", "windows", manifestPage},
	"MsiInstaller": {
		"WinEventLog:Application", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/msi/event-logging",
	},
	"Application Error": {
		"WinEventLog:Application", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/wer/windows-error-reporting",
	},
	"ESENT": {
		"WinEventLog:Application", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/extensible-storage-engine/extensible-storage-engine",
	},
	"Microsoft-Windows-Eventlog": {
		"WinEventLog:System", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/api/winevt/nf-winevt-evtclearlog",
	},
	"Microsoft-Windows-Kernel-Process":         {"etw:Microsoft-Windows-Kernel-Process", "windows", manifestPage},
	"Microsoft-Windows-Kernel-Audit-API-Calls": {"etw:Microsoft-Windows-Kernel-Audit-API-Calls", "windows", manifestPage},
	"Microsoft-Windows-Threat-Intelligence":    {"etw:Microsoft-Windows-Threat-Intelligence", "windows", manifestPage},
	"Microsoft-Windows-Win32k":                 {"etw:Microsoft-Windows-Win32k", "windows", manifestPage},
	"Microsoft-Windows-Kernel-Registry":        {"etw:Microsoft-Windows-Kernel-Registry", "windows", manifestPage},
	"Microsoft-Windows-Kernel-File":            {"etw:Microsoft-Windows-Kernel-File", "windows", manifestPage},
	"Microsoft-Windows-DotNETRuntime": {
		"etw:Microsoft-Windows-DotNETRuntime", "windows",
		"https://learn.microsoft.com/en-us/dotnet/framework/performance/loader-etw-events",
	},
	"Microsoft-Antimalware-Scan-Interface": {
		"etw:Microsoft-Antimalware-Scan-Interface", "windows",
		"https://learn.microsoft.com/en-us/windows/win32/amsi/antimalware-scan-interface-portal",
	},
	"Microsoft-Windows-RPC": {"etw:Microsoft-Windows-RPC", "windows", manifestPage},
}
