package apimap

// logRaised are the events of other logs.
var logRaised = []Event{
	{
		"Microsoft-Windows-PowerShell", 4103, "Executing pipeline", "script_blocks", "ScriptBlock", 3, "A",
		[]string{"PowerShell.Invoke"},
		"Module logging.", "", "",
	},
	{
		"Microsoft-Windows-PowerShell", 4104, "Creating Scriptblock text", "script_blocks", "ScriptBlock", 3, "A",
		[]string{"PowerShell.Invoke", "ScriptBlock.Create"},
		"Script block logging; suspicious blocks also without it.", "", "",
	},
	{
		"Microsoft-Windows-PowerShell", 4105, "Started invocation of ScriptBlock", "script_blocks", "ScriptBlock", 3, "A",
		[]string{"ScriptBlock.Invoke"},
		"Script block invocation logging.", "", "",
	},
	{
		"Service Control Manager", 7045, "A service was installed in the system", "service_changes", "CreateService", 4, "U",
		[]string{"CreateService", "RCreateServiceW"},
		"Always on.", "", "",
	},
	{
		"Service Control Manager", 7040, "The start type of a service was changed", "service_changes", "ChangeServiceConfig", 4, "U",
		[]string{"ChangeServiceConfig", "RChangeServiceConfigW"},
		"Always on.", "", "",
	},
	{
		"Service Control Manager", 7036, "A service entered a state", "service_changes", "ControlService", 4, "U",
		[]string{"StartService", "ControlService"},
		"Always on, for services that report it.", "", "",
	},
	{
		"Service Control Manager", 7035, "A service was sent a control", "service_changes", "ControlService", 4, "U",
		[]string{"StartService", "ControlService"},
		"Windows before Vista.", "", "",
	},
	{
		"Microsoft-Windows-TaskScheduler", 106, "Task registered", "scheduled_task_changes", "RegisterTask", 4, "U",
		[]string{"ITaskFolder::RegisterTaskDefinition", "SchRpcRegisterTask"},
		"The log Operational must be enabled.", "", "",
	},
	{
		"Microsoft-Windows-TaskScheduler", 140, "Task registration updated", "scheduled_task_changes", "RegisterTask", 4, "U",
		[]string{"ITaskFolder::RegisterTaskDefinition", "SchRpcRegisterTask"},
		"The log Operational must be enabled.", "", "",
	},
	{
		"Microsoft-Windows-TaskScheduler", 141, "Task registration deleted", "scheduled_task_changes", "RegisterTask", 4, "U",
		[]string{"ITaskFolder::DeleteTask", "SchRpcDelete"},
		"The log Operational must be enabled.", "", "",
	},
	{
		"Microsoft-Windows-TaskScheduler", 200, "Action started", "scheduled_task_changes", "RegisterTask", 4, "U",
		[]string{"IRegisteredTask::Run", "SchRpcRun"},
		"The log Operational must be enabled; also when a trigger fires.", "", "",
	},
	{
		"Microsoft-Windows-WMI-Activity", 5857, "Provider started", "api_calls", "IWbemProviderInit::Initialize", 4, "U",
		[]string{"IWbemProviderInit::Initialize"},
		"A provider's library was loaded into a host.", "", "",
	},
	{
		"Microsoft-Windows-WMI-Activity", 5858, "Operation failed", "api_calls", "IWbemServices::ExecMethod", 4, "U",
		[]string{"IWbemServices::ExecMethod"},
		"Only what fails; shown as the method that the record names.", "", "",
	},
	{
		"Microsoft-Windows-WMI-Activity", 5860, "Temporary event subscription", "api_calls", "IWbemServices::ExecNotificationQuery", 4, "U",
		[]string{"IWbemServices::ExecNotificationQuery", "IWbemServices::ExecNotificationQueryAsync"},
		"A subscription that lives as long as its client.", "", "",
	},
	{
		"Microsoft-Windows-WMI-Activity", 5861, "Permanent event subscription", "api_calls", "IWbemServices::PutInstance", 4, "U",
		[]string{"IWbemServices::PutInstance"},
		"A consumer was bound to a filter.", "", "",
	},
	{
		"Microsoft-Windows-DistributedCOM", 10016, "Activation permission not granted", "api_calls", "CoCreateInstanceEx", 4, "U",
		[]string{"CoCreateInstance", "CoCreateInstanceEx", "CoGetClassObject"},
		"Only what is refused; shown with the class.", "", "",
	},
	{
		"Microsoft-Windows-DistributedCOM", 10028, "Remote computer not reached", "api_calls", "CoCreateInstanceEx", 4, "U",
		[]string{"CoCreateInstanceEx"},
		"Only what fails; with the process that asked.", "", "",
	},
	{
		"Microsoft-Windows-Windows Defender", 5007, "Configuration changed", "registry_changes", "RegSetValueEx", 4, "U",
		[]string{"RegSetValueEx", "MSFT_MpPreference::Set"},
		"A setting with its values before and after.", "", "",
	},
	{
		"Microsoft-Windows-DNS-Client", 3008, "DNS query completed", "network_flows", "DnsQuery", 4, "U",
		[]string{"DnsQuery", "DnsQueryEx", "getaddrinfo"},
		"The log Operational must be enabled.", "", "",
	},
	{
		"Microsoft-Windows-PrintService", 300, "Printer created", "api_calls", "AddPrinter", 4, "U",
		[]string{"AddPrinter"},
		"The log Operational must be enabled.", "", "",
	},
	{
		"Microsoft-Windows-PrintService", 316, "Driver added or updated", "api_calls", "AddPrinterDriverEx", 4, "U",
		[]string{"AddPrinterDriverEx", "RpcAddPrinterDriverEx"},
		"The log Operational must be enabled; names the driver's files.", "", "",
	},
	{
		"Microsoft-Windows-PrintService", 808, "Plug-in module not loaded", "api_calls", "AddPrinterDriverEx", 4, "U",
		[]string{"AddPrinterDriverEx", "RpcAddPrinterDriverEx"},
		"The log Admin; names the library.", "", "WinEventLog:Microsoft-Windows-PrintService/Admin",
	},
	{
		"Microsoft-Windows-MF-FrameServer", 6, "Proxy of a camera started", "api_calls", "MFCreateDeviceSource", 5, "U",
		[]string{"MFCreateDeviceSource", "IMFActivate::ActivateObject"},
		"The log Camera_FrameServer.", "", "",
	},
	{
		"Microsoft-Windows-Bits-Client", 3, "Job created", "api_calls", "IBackgroundCopyManager::CreateJob", 4, "U",
		[]string{"IBackgroundCopyManager::CreateJob"},
		"Always on; names the process that asked.", "", "",
	},
	{
		"Microsoft-Windows-Bits-Client", 59, "Transfer started", "network_flows", "IBackgroundCopyJob::Resume", 4, "U",
		[]string{"IBackgroundCopyJob::Resume"},
		"Always on; the service transfers.", "", "",
	},
	{
		"Microsoft-Windows-TerminalServices-LocalSessionManager", 21, "Session logon succeeded", "logons", "WTSConnectSession", 5, "U",
		[]string{"LsaLogonUser"},
		"Always on.", "", "",
	},
	{
		"Microsoft-Windows-TerminalServices-LocalSessionManager", 25, "Session reconnected", "logons", "WTSConnectSession", 4, "U",
		[]string{"WTSConnectSession"},
		"Always on.", "", "",
	},
	{
		"Microsoft-Windows-TerminalServices-RemoteConnectionManager", 1149, "User authentication succeeded", "logons", "WTSConnectSession", 5,
		"U",
		[]string{"AcceptSecurityContext"},
		"Always on; comes before the logon.", "", "",
	},
	{
		"Microsoft-Windows-WinRM", 6, "Session created", "api_calls", "WSManCreateSession", 4, "U",
		[]string{"WSManCreateSession"},
		"Always on, at the client.", "", "",
	},
	{
		"Microsoft-Windows-WinRM", 91, "Shell created", "api_calls", "WSManCreateShell", 4, "U",
		[]string{"WSManCreateShell"},
		"Always on, at the server.", "", "",
	},
	{
		"MsiInstaller", 1033, "Product installed", "api_calls", "MsiInstallProduct", 4, "U",
		[]string{"MsiInstallProduct", "MsiConfigureProduct"},
		"Always on.", "", "",
	},
	{
		"MsiInstaller", 1040, "Installation began", "api_calls", "MsiInstallProduct", 4, "U",
		[]string{"MsiInstallProduct"},
		"Always on; names the package and the process that asked.", "", "",
	},
	{
		"Application Error", 1000, "Application crashed", "api_calls", "UnhandledExceptionFilter", 5, "U",
		[]string{"UnhandledExceptionFilter", "RaiseFailFastException"},
		"Always on; names the module that the fault lies in.", "", "",
	},
	{
		"ESENT", 325, "Database created", "api_calls", "JetCreateDatabase", 4, "U",
		[]string{"JetCreateDatabase"},
		"Always on; ntds.dit copied by its own tools.", "", "",
	},
	{
		"ESENT", 326, "Database attached", "api_calls", "JetAttachDatabase", 4, "U",
		[]string{"JetAttachDatabase"},
		"Always on.", "", "",
	},
	{
		"Microsoft-Windows-Eventlog", 1102, "The audit log was cleared", "api_calls", "EvtClearLog", 4, "U",
		[]string{"EvtClearLog", "ClearEventLog"},
		"Always on.",
		"https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-1102",
		"WinEventLog:Security",
	},
	{
		"Microsoft-Windows-Eventlog", 104, "The log file was cleared", "api_calls", "EvtClearLog", 4, "U",
		[]string{"EvtClearLog", "ClearEventLog"},
		"Always on.", "", "",
	},
}
