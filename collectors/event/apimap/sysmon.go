package apimap

// sysmonRaised are the events of Sysmon.
var sysmonRaised = []Event{
	{
		"Microsoft-Windows-Sysmon", 1, "ProcessCreate", "process_starts", "CreateProcess", 5, "K",
		[]string{
			"CreateProcess", "CreateProcessAsUser", "CreateProcessWithLogonW", "CreateProcessWithTokenW", "ShellExecuteEx", "WinExec",
			"NtCreateUserProcess",
		},
		"The kernel calls PsSetCreateProcessNotifyRoutineEx callbacks.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 2, "FileCreateTime", "file_changes", "SetFileTime", 5, "K",
		[]string{"SetFileTime", "SetFileInformationByHandle", "NtSetInformationFile"},
		"The time of creation of a file is set.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 3, "NetworkConnect", "network_flows", "connect", 5, "K",
		[]string{"connect", "WSAConnect", "ConnectEx"},
		"A TCP or UDP connection of a process that the configuration names.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 5, "ProcessTerminate", "api_calls", "ExitProcess", 5, "K",
		[]string{"ExitProcess", "TerminateProcess", "NtTerminateProcess"},
		"A process ended.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 6, "DriverLoad", "module_loads", "NtLoadDriver", 5, "K",
		[]string{"NtLoadDriver", "ZwSetSystemInformation"},
		"A driver was loaded into the kernel.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 7, "ImageLoad", "module_loads", "LoadLibrary", 5, "K",
		[]string{"LoadLibrary", "LoadLibraryEx", "LdrLoadDll", "NtMapViewOfSection"},
		"PsSetLoadImageNotifyRoutine; off unless the configuration has it. Code that maps itself raises none.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 8, "CreateRemoteThread", "remote_threads", "CreateRemoteThread", 5, "K",
		[]string{"CreateRemoteThread", "CreateRemoteThreadEx", "NtCreateThreadEx", "RtlCreateUserThread"},
		"PsSetCreateThreadNotifyRoutine, where the new thread is in another process.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 9, "RawAccessRead", "file_accesses", "ReadFile", 5, "K",
		[]string{"CreateFile", "ReadFile", "NtReadFile"},
		`A volume is read as a device, \\.\C:.`, "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 10, "ProcessAccess", "process_accesses", "OpenProcess", 5, "K",
		[]string{"OpenProcess", "NtOpenProcess", "DuplicateHandle"},
		"ObRegisterCallbacks; the rights granted and the caller's stack.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 11, "FileCreate", "file_changes", "CreateFile", 5, "K",
		[]string{"CreateFile", "NtCreateFile"},
		"A file was made or overwritten.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 12, "RegistryEvent (object created or deleted)", "registry_changes", "RegCreateKeyEx", 5, "K",
		[]string{"RegCreateKeyEx", "NtCreateKey"},
		"CmRegisterCallbackEx; keys made. Keys and values deleted are shown as RegDeleteKey and RegDeleteValue.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 13, "RegistryEvent (value set)", "registry_changes", "RegSetValueEx", 5, "K",
		[]string{"RegSetValueEx", "RegSetKeyValue", "NtSetValueKey"},
		"CmRegisterCallbackEx.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 14, "RegistryEvent (renamed)", "registry_changes", "RegRenameKey", 5, "K",
		[]string{"RegRenameKey", "NtRenameKey"},
		"CmRegisterCallbackEx.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 15, "FileCreateStreamHash", "file_changes", "CreateFile", 5, "K",
		[]string{"CreateFile", "NtCreateFile"},
		"A named stream of a file was made, such as a download's zone.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 17, "PipeEvent (created)", "pipe_events", "CreateNamedPipe", 5, "K",
		[]string{"CreateNamedPipe", "NtCreateNamedPipeFile"},
		"A named pipe was made.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 18, "PipeEvent (connected)", "pipe_events", "ConnectNamedPipe", 5, "K",
		[]string{"CreateFile", "CallNamedPipe", "NtCreateFile"},
		"A client opened a named pipe.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 19, "WmiEvent (filter)", "api_calls", "IWbemServices::PutInstance", 4, "U",
		[]string{"IWbemServices::PutInstance"},
		"An event filter of a permanent subscription was registered.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 20, "WmiEvent (consumer)", "api_calls", "IWbemServices::PutInstance", 4, "U",
		[]string{"IWbemServices::PutInstance"},
		"A consumer of a permanent subscription was registered.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 21, "WmiEvent (binding)", "api_calls", "IWbemServices::DeleteInstance", 4, "U",
		[]string{"IWbemServices::DeleteInstance"},
		"A consumer was bound to a filter, or no longer is.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 22, "DNSEvent", "network_flows", "DnsQuery", 4, "U",
		[]string{"DnsQuery", "DnsQueryEx", "getaddrinfo"},
		"The resolver's library logs; a program with a resolver of its own raises none.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 23, "FileDelete (archived)", "file_changes", "DeleteFile", 5, "K",
		[]string{"DeleteFile", "NtSetInformationFile"},
		"A file was deleted and kept.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 24, "ClipboardChange", "api_calls", "SetClipboardData", 5, "U",
		[]string{"SetClipboardData", "OleSetClipboard"},
		"The clipboard's content changed.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 25, "ProcessTampering", "api_calls", "ProcessTampering", 5, "K",
		[]string{"NtUnmapViewOfSection", "NtCreateProcessEx"},
		"The image of a process is not the one of its file: hollowing, herpaderping.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 26, "FileDeleteDetected", "file_changes", "DeleteFile", 5, "K",
		[]string{"DeleteFile", "NtSetInformationFile"},
		"A file was deleted.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 27, "FileBlockExecutable", "file_changes", "CreateFile", 5, "K",
		[]string{"CreateFile", "NtCreateFile"},
		"Sysmon kept an executable from being made.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 28, "FileBlockShredding", "file_changes", "DeleteFile", 5, "K",
		[]string{"DeleteFile", "NtSetInformationFile"},
		"Sysmon kept a file from being shredded.", "", "",
	},
	{
		"Microsoft-Windows-Sysmon", 29, "FileExecutableDetected", "file_changes", "CreateFile", 5, "K",
		[]string{"CreateFile", "NtCreateFile"},
		"An executable was made.", "", "",
	},
}
