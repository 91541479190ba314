package apimap

// traceRaised are the events of trace sessions; a real-time session has them.
var traceRaised = []Event{
	{
		"Microsoft-Windows-Kernel-Process", 1, "ProcessStart", "process_starts", "CreateProcess", 5, "K",
		[]string{"CreateProcess", "CreateProcessAsUser", "NtCreateUserProcess"},
		"The header's process is the true creator.", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Process", 2, "ProcessStop", "api_calls", "ExitProcess", 5, "K",
		[]string{"ExitProcess", "TerminateProcess", "NtTerminateProcess"},
		"With the exit code.", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Process", 3, "ThreadStart", "remote_threads", "CreateRemoteThread", 5, "K",
		[]string{"CreateRemoteThread", "NtCreateThreadEx", "RtlCreateUserThread"},
		"Where the header's process is not the thread's.", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Process", 5, "ImageLoad", "module_loads", "LoadLibrary", 5, "K",
		[]string{"LoadLibrary", "LdrLoadDll", "NtMapViewOfSection"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Audit-API-Calls", 2, "KERNEL_AUDIT_API_TERMINATEPROCESS", "api_calls", "TerminateProcess", 5, "K",
		[]string{"TerminateProcess", "NtTerminateProcess"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Audit-API-Calls", 4, "KERNEL_AUDIT_API_SETCONTEXTTHREAD", "api_calls", "SetThreadContext", 5, "K",
		[]string{"SetThreadContext", "NtSetContextThread"},
		"Names no target.", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Audit-API-Calls", 5, "KERNEL_AUDIT_API_OPENPROCESS", "process_accesses", "OpenProcess", 5, "K",
		[]string{"OpenProcess", "NtOpenProcess"},
		"The rights asked for, and the status.", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Audit-API-Calls", 6, "KERNEL_AUDIT_API_OPENTHREAD", "process_accesses", "OpenThread", 5, "K",
		[]string{"OpenThread", "NtOpenThread"},
		"The rights asked for, and the status.", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Audit-API-Calls", 3, "KERNEL_AUDIT_API_CREATESYMBOLICLINKOBJECT", "api_calls", "NtCreateSymbolicLink", 5, "K",
		[]string{"NtCreateSymbolicLinkObject"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Threat-Intelligence", 1, "KERNEL_THREATINT_TASK_ALLOCVM_REMOTE", "memory_protections", "VirtualAllocEx", 5, "K",
		[]string{"VirtualAllocEx", "NtAllocateVirtualMemory"},
		"Only for a protected process of an antimalware product.", "", "",
	},
	{
		"Microsoft-Windows-Threat-Intelligence", 2, "KERNEL_THREATINT_TASK_PROTECTVM_REMOTE", "memory_protections", "VirtualProtectEx", 5, "K",
		[]string{"VirtualProtectEx", "NtProtectVirtualMemory"},
		"Only for a protected process of an antimalware product.", "", "",
	},
	{
		"Microsoft-Windows-Threat-Intelligence", 3, "KERNEL_THREATINT_TASK_MAPVIEW_REMOTE", "memory_protections", "MapViewOfSection", 5, "K",
		[]string{"NtMapViewOfSection", "MapViewOfFile2"},
		"Only for a protected process of an antimalware product.", "", "",
	},
	{
		"Microsoft-Windows-Threat-Intelligence", 4, "KERNEL_THREATINT_TASK_QUEUEUSERAPC_REMOTE", "process_accesses", "QueueUserAPC", 5, "K",
		[]string{"QueueUserAPC", "NtQueueApcThread"},
		"Only for a protected process of an antimalware product.", "", "",
	},
	{
		"Microsoft-Windows-Threat-Intelligence", 5, "KERNEL_THREATINT_TASK_SETTHREADCONTEXT_REMOTE", "process_accesses", "SetThreadContext", 5,
		"K",
		[]string{"SetThreadContext", "NtSetContextThread"},
		"Only for a protected process of an antimalware product.", "", "",
	},
	{
		"Microsoft-Windows-Threat-Intelligence", 13, "KERNEL_THREATINT_TASK_READVM_REMOTE", "process_accesses", "ReadProcessMemory", 5, "K",
		[]string{"ReadProcessMemory", "NtReadVirtualMemory"},
		"Only for a protected process of an antimalware product.", "", "",
	},
	{
		"Microsoft-Windows-Threat-Intelligence", 14, "KERNEL_THREATINT_TASK_WRITEVM_REMOTE", "process_accesses", "WriteProcessMemory", 5, "K",
		[]string{"WriteProcessMemory", "NtWriteVirtualMemory"},
		"Only for a protected process of an antimalware product.", "", "",
	},
	{
		"Microsoft-Windows-Win32k", 1001, "RegisterRawInputDevices", "api_calls", "RegisterRawInputDevices", 5, "K",
		[]string{"RegisterRawInputDevices", "NtUserRegisterRawInputDevices"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Win32k", 1002, "SetWindowsHookEx", "api_calls", "SetWindowsHookEx", 5, "K",
		[]string{"SetWindowsHookEx", "NtUserSetWindowsHookEx"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Win32k", 1003, "GetAsyncKeyState", "api_calls", "GetAsyncKeyState", 5, "K",
		[]string{"GetAsyncKeyState", "NtUserGetAsyncKeyState"},
		"GetKeyState raises no event.", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Registry", 1, "CreateKey", "registry_changes", "RegCreateKeyEx", 5, "K",
		[]string{"RegCreateKeyEx", "NtCreateKey"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Kernel-Registry", 5, "SetValueKey", "registry_changes", "RegSetValueEx", 5, "K",
		[]string{"RegSetValueEx", "NtSetValueKey"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Kernel-File", 30, "CreateNewFile", "file_changes", "CreateFile", 5, "K",
		[]string{"CreateFile", "NtCreateFile"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Kernel-File", 26, "DeletePath", "file_changes", "DeleteFile", 5, "K",
		[]string{"DeleteFile", "NtSetInformationFile"},
		"", "", "",
	},
	{
		"Microsoft-Windows-Kernel-File", 33, "SetEA", "file_changes", "NtSetEaFile", 5, "K",
		[]string{"NtSetEaFile", "ZwSetEaFile"},
		"", "", "",
	},
	{
		"Microsoft-Windows-DotNETRuntime", 152, "ModuleLoad", "module_loads", "AssemblyLoadImage", 4, "U",
		[]string{"Assembly.Load", "AppDomain.Load"},
		"The runtime logs itself; a module with a path is a LoadLibrary.", "", "",
	},
	{
		"Microsoft-Windows-DotNETRuntime", 154, "AssemblyLoad", "module_loads", "AssemblyLoad", 4, "U",
		[]string{"Assembly.Load", "ICorRuntimeHost::GetDefaultDomain"},
		"The runtime logs itself, from within the process.", "", "",
	},
	{
		"Microsoft-Antimalware-Scan-Interface", 1101, "AmsiScanBuffer", "script_blocks", "AmsiScanBuffer", 4, "U",
		[]string{"AmsiScanBuffer", "AmsiScanString"},
		"What an interpreter hands over to be scanned; the library logs from within the process.", "", "",
	},
	{
		"Microsoft-Windows-RPC", 5, "RpcClientCallStart", "api_calls", "srvsvc.NetrShareEnum", 5, "U",
		[]string{"NetShareEnum", "NetrShareEnum"},
		"Shown as interface and operation.", "", "",
	},
}
