package event

// serviceAPIs are APIs of Windows' services, as their own logs tell of them.
var serviceAPIs = []API{
	{"NtSetSecurityObject", "credentials", nil},
	{"NetUserGetLocalGroups", "directory", nil},
	{"NetLocalGroupGetMembers", "directory", nil},
	{"NetShareSetInfo", "file", nil},
	{"NetShareDel", "file", nil},
	{"CryptProtectData", "credentials", nil},
	{"CryptUnprotectData", "credentials", nil},
	{"CredBackupCredentials", "credentials", nil},
	{"CredRestoreCredentials", "credentials", nil},
	{"CredEnumerate", "credentials", nil},
	{"VaultEnumerateItems", "credentials", nil},
	{"VaultGetItem", "credentials", nil},
	{"WTSConnectSession", "credentials", nil},
	{"WSManCreateSession", "network", nil},
	{"WSManCreateShell", "process", nil},
	{"IWbemServices", "other", nil},
	{"IWbemServices::ExecNotificationQuery", "other", nil},
	{"IWbemServices::PutInstance", "other", nil},
	{"IWbemServices::DeleteInstance", "other", nil},
	{"IWbemProviderInit::Initialize", "module", nil},
	{"CoCreateInstanceEx", "process", nil},
	{"AddPrinter", "other", nil},
	{"DeletePrinter", "other", nil},
	{"SetPrinter", "other", nil},
	{"SetDefaultPrinter", "other", nil},
	{"AddPrinterDriverEx", "module", nil},
	{"StartDocPrinter", "other", nil},
	{"MFCreateDeviceSource", "other", nil},
	{"IBackgroundCopyManager::CreateJob", "network", nil},
	{"IBackgroundCopyJob::AddFile", "network", nil},
	{"IBackgroundCopyJob::Resume", "network", nil},
	{"IBackgroundCopyJob::Complete", "network", nil},
	{"IBackgroundCopyJob::Cancel", "network", nil},
	{"UnhandledExceptionFilter", "process", nil},
	{"MsiInstallProduct", "other", nil},
	{"MsiConfigureProduct", "other", nil},
	{"JetCreateDatabase", "file", nil},
	{"JetAttachDatabase", "file", nil},
	{"JetDetachDatabase", "file", nil},
	{"EvtClearLog", "other", nil},
}

func init() {
	for i := range serviceAPIs {
		registry.m[serviceAPIs[i].Name] = &serviceAPIs[i]
	}
}
