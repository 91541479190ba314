package apimap

// securityRaised are the audits of the Security log; the note names the subcategory that must be on.
var securityRaised = []Event{
	{
		"Microsoft-Windows-Security-Auditing", 4616, "The system time was changed", "api_calls", "SetSystemTime", 5, "K",
		[]string{"SetSystemTime", "SetLocalTime", "NtSetSystemTime"},
		"Audit Security State Change.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4624, "An account was successfully logged on", "logons", "LsaLogonUser", 5, "U",
		[]string{"LsaLogonUser", "LogonUser"},
		"Audit Logon.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4625, "An account failed to log on", "logons", "LsaLogonUser", 5, "U",
		[]string{"LsaLogonUser", "LogonUser"},
		"Audit Logon.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4627, "Group membership information", "logons", "LsaLogonUser", 5, "U",
		[]string{"LsaLogonUser", "LogonUser"},
		"Audit Group Membership.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4634, "An account was logged off", "logons", "LogoffSession", 5, "U",
		[]string{"LogoffSession"},
		"Audit Logoff; the last handle of the session's token was closed.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4648, "A logon was attempted using explicit credentials", "logons", "CreateProcessWithLogon", 4,
		"U",
		[]string{"CreateProcessWithLogonW", "LogonUser", "WNetAddConnection2"},
		"Audit Logon; the caller gave a name and a password.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4656, "A handle to an object was requested", "api_calls", "AccessCheckAndAuditAlarm", 5, "U",
		[]string{"SamConnect", "SamOpenDomain"},
		"Audit Handle Manipulation, and a system access control list of the object.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4657, "A registry value was modified", "registry_changes", "RegSetValueEx", 5, "K",
		[]string{"RegSetValueEx", "NtSetValueKey"},
		"Audit Registry, and a system access control list of the key.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4658, "The handle to an object was closed", "api_calls", "CloseHandle", 5, "K",
		[]string{"CloseHandle", "NtClose"},
		"Audit Handle Manipulation.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4660, "An object was deleted", "api_calls", "DeleteObject", 5, "K",
		[]string{"DeleteFile", "RegDeleteKey", "NtDeleteKey"},
		"Audit File System or Registry; the object is told by its handle alone.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4661, "A handle to an object was requested", "api_calls", "AccessCheckAndAuditAlarm", 5, "U",
		[]string{"SamConnect", "SamOpenDomain", "SamOpenUser"},
		"Audit SAM, or Directory Service Access.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4663, "An attempt was made to access an object", "file_accesses", "CreateFile", 5, "K",
		[]string{"CreateFile", "NtCreateFile", "NtOpenFile"},
		"Audit File System, and a system access control list of the file.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4663, "An attempt was made to access an object", "process_accesses", "OpenProcess", 5, "K",
		[]string{"OpenProcess", "ReadProcessMemory", "NtReadVirtualMemory"},
		"Audit Kernel Object; lsass.exe has a list that audits reading.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4663, "An attempt was made to access an object", "registry_changes", "RegOpenKeyEx", 5, "K",
		[]string{"RegSetValueEx", "RegCreateKeyEx", "RegDeleteKey", "NtSetValueKey"},
		"Audit Registry, and a system access control list of the key; reads are in api_calls.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4670, "Permissions on an object were changed", "api_calls", "SetSecurityInfo", 5, "K",
		[]string{"SetSecurityInfo", "SetNamedSecurityInfo", "SetKernelObjectSecurity", "NtSetSecurityObject"},
		"Audit Authorization Policy Change.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4672, "Special privileges assigned to new logon", "logons", "LsaLogonUser", 5, "U",
		[]string{"LsaLogonUser", "LogonUser"},
		"Audit Special Logon; the new session has privileges such as SeDebugPrivilege.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4673, "A privileged service was called", "token_changes", "PrivilegeCheck", 5, "K",
		[]string{"PrivilegeCheck", "NtSetSystemInformation"},
		"Audit Sensitive Privilege Use.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4674, "An operation was attempted on a privileged object", "token_changes",
		"PrivilegedServiceAuditAlarm", 5, "K",
		[]string{"PrivilegedServiceAuditAlarm"},
		"Audit Sensitive Privilege Use; a handle got rights by a privilege.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4688, "A new process has been created", "process_starts", "CreateProcess", 5, "K",
		[]string{
			"CreateProcess", "CreateProcessAsUser", "CreateProcessWithLogonW", "CreateProcessWithTokenW", "ShellExecuteEx",
			"NtCreateUserProcess",
		},
		"Audit Process Creation; the command line needs a policy of its own.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4689, "A process has exited", "api_calls", "ExitProcess", 5, "K",
		[]string{"ExitProcess", "TerminateProcess", "NtTerminateProcess"},
		"Audit Process Termination; with the exit code.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4690, "An attempt was made to duplicate a handle to an object", "api_calls", "DuplicateHandle", 5,
		"K",
		[]string{"DuplicateHandle", "NtDuplicateObject"},
		"Audit Handle Manipulation.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4696, "A primary token was assigned to process", "token_changes", "AssignPrimaryToken", 5, "K",
		[]string{"CreateProcessAsUser", "NtSetInformationProcess"},
		"Audit Process Creation.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4697, "A service was installed in the system", "service_changes", "CreateService", 4, "U",
		[]string{"CreateService"},
		"Audit Security System Extension.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4698, "A scheduled task was created", "scheduled_task_changes", "RegisterTask", 4, "U",
		[]string{"ITaskFolder::RegisterTaskDefinition", "SchRpcRegisterTask", "NetScheduleJobAdd"},
		"Audit Other Object Access Events.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4699, "A scheduled task was deleted", "scheduled_task_changes", "RegisterTask", 4, "U",
		[]string{"ITaskFolder::DeleteTask", "SchRpcDelete"},
		"Audit Other Object Access Events.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4702, "A scheduled task was updated", "scheduled_task_changes", "RegisterTask", 4, "U",
		[]string{"ITaskFolder::RegisterTaskDefinition", "SchRpcRegisterTask"},
		"Audit Other Object Access Events.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4703, "A user right was adjusted", "token_changes", "AdjustTokenPrivileges", 5, "K",
		[]string{"AdjustTokenPrivileges", "RtlAdjustPrivilege", "NtAdjustPrivilegesToken"},
		"Audit Authorization Policy Change.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4704, "A user right was assigned", "directory_changes", "LsaAddAccountRights", 5, "U",
		[]string{"LsaAddAccountRights"},
		"Audit Authorization Policy Change.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4719, "System audit policy was changed", "api_calls", "AuditSetSystemPolicy", 5, "U",
		[]string{"AuditSetSystemPolicy", "LsaSetInformationPolicy"},
		"Audit Audit Policy Change.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4720, "A user account was created", "directory_changes", "DirectoryModify", 5, "U",
		[]string{"NetUserAdd", "SamCreateUser2InDomain"},
		"Audit User Account Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4724, "An attempt was made to reset an account's password", "directory_changes", "DirectoryModify",
		5, "U",
		[]string{"NetUserSetInfo", "SamSetInformationUser"},
		"Audit User Account Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4732, "A member was added to a security-enabled local group", "directory_changes",
		"DirectoryModify", 5, "U",
		[]string{"NetLocalGroupAddMembers", "SamAddMemberToAlias"},
		"Audit Security Group Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4738, "A user account was changed", "directory_changes", "DirectoryModify", 5, "U",
		[]string{"NetUserSetInfo", "SamSetInformationUser"},
		"Audit User Account Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4742, "A computer account was changed", "directory_changes", "DirectoryModify", 5, "U",
		[]string{"NetUserSetInfo", "ldap_modify"},
		"Audit Computer Account Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4765, "SID History was added to an account", "directory_changes", "DirectoryModify", 5, "U",
		[]string{"DsAddSidHistory"},
		"Audit User Account Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4766, "An attempt to add SID History to an account failed", "directory_changes", "DirectoryModify",
		5, "U",
		[]string{"DsAddSidHistory"},
		"Audit User Account Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4768, "A Kerberos authentication ticket was requested", "logons", "KerberosRequestTicket", 5, "U",
		[]string{"AcquireCredentialsHandle", "LsaLogonUser"},
		"Audit Kerberos Authentication Service, on a domain controller.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4769, "A Kerberos service ticket was requested", "logons", "KerberosRequestTicket", 5, "U",
		[]string{"InitializeSecurityContext", "LsaCallAuthenticationPackage"},
		"Audit Kerberos Service Ticket Operations, on a domain controller.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4776, "The computer attempted to validate the credentials for an account", "logons",
		"LsaLogonUser", 5, "U",
		[]string{"LsaLogonUser", "LogonUser"},
		"Audit Credential Validation; NTLM.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4798, "A user's local group membership was enumerated", "directory_changes",
		"NetUserGetLocalGroups", 5, "U",
		[]string{"NetUserGetLocalGroups", "SamGetGroupsForUser"},
		"Audit User Account Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4799, "A security-enabled local group membership was enumerated", "directory_changes",
		"NetLocalGroupGetMembers", 5, "U",
		[]string{"NetLocalGroupGetMembers", "SamGetMembersInAlias"},
		"Audit Security Group Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4800, "The workstation was locked", "logons", "WTSConnectSession", 5, "U",
		[]string{"LockWorkStation"},
		"Audit Other Logon/Logoff Events.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4907, "Auditing settings on object were changed", "api_calls", "NtSetSecurityObject", 5, "K",
		[]string{"SetSecurityInfo", "SetNamedSecurityInfo", "NtSetSecurityObject"},
		"Audit Audit Policy Change.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5136, "A directory service object was modified", "directory_changes", "DirectoryModify", 5, "U",
		[]string{"ldap_modify", "IDL_DRSAddEntry"},
		"Audit Directory Service Changes, and a system access control list of the object.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5137, "A directory service object was created", "directory_changes", "DirectoryModify", 5, "U",
		[]string{"ldap_add", "IDL_DRSAddEntry"},
		"Audit Directory Service Changes.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5140, "A network share object was accessed", "file_accesses", "NetShareConnect", 5, "U",
		[]string{"NetUseAdd", "WNetAddConnection2"},
		"Audit File Share.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5142, "A network share object was added", "api_calls", "NetShareAdd", 5, "U",
		[]string{"NetShareAdd"},
		"Audit File Share.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5143, "A network share object was modified", "api_calls", "NetShareSetInfo", 5, "U",
		[]string{"NetShareSetInfo"},
		"Audit File Share.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5144, "A network share object was deleted", "api_calls", "NetShareDel", 5, "U",
		[]string{"NetShareDel"},
		"Audit File Share.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5145, "A network share object was checked", "file_accesses", "CreateFile", 5, "U",
		[]string{"CreateFile", "NtCreateFile"},
		"Audit Detailed File Share; a file was opened through a share.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5145, "A network share object was checked", "file_accesses", "ConnectNamedPipe", 5, "U",
		[]string{"CallNamedPipe", "CreateFile"},
		"Audit Detailed File Share; a pipe was opened through IPC$.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5154, "A listen on a port was permitted", "api_calls", "listen", 5, "K",
		[]string{"listen"},
		"Audit Filtering Platform Connection.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5156, "A connection was permitted", "network_flows", "connect", 5, "K",
		[]string{"connect", "WSAConnect", "ConnectEx"},
		"Audit Filtering Platform Connection.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5157, "A connection was blocked", "network_flows", "connect", 5, "K",
		[]string{"connect", "WSAConnect", "ConnectEx"},
		"Audit Filtering Platform Connection.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5158, "A bind to a local port was permitted", "api_calls", "bind", 5, "K",
		[]string{"bind"},
		"Audit Filtering Platform Connection.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4692, "Backup of data protection master key was attempted", "api_calls", "CryptProtectData", 5,
		"U",
		[]string{"CryptProtectData"},
		"Audit DPAPI Activity; with the first use of a new master key.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4693, "Recovery of data protection master key was attempted", "api_calls", "CryptUnprotectData", 5,
		"U",
		[]string{"CryptUnprotectData"},
		"Audit DPAPI Activity.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 4695, "Unprotection of auditable protected data was attempted", "api_calls", "CryptUnprotectData",
		5, "U",
		[]string{"CryptUnprotectData"},
		"Audit DPAPI Activity; only data protected with CRYPTPROTECT_AUDIT.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5376, "Credential Manager credentials were backed up", "api_calls", "CredBackupCredentials", 5,
		"U",
		[]string{"CredBackupCredentials"},
		"Audit User Account Management.", "", "",
	},
	{
		"Microsoft-Windows-Security-Auditing", 5377, "Credential Manager credentials were restored", "api_calls", "CredRestoreCredentials", 5,
		"U",
		[]string{"CredRestoreCredentials"},
		"Audit User Account Management.", "", "",
	},
}
