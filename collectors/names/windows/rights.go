// Package windows names the rights, codes and messages of Windows.
package windows

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/names"
)

// Process access rights that detections look at.
const (
	ProcessTerminate       = 0x0001
	ProcessCreateThread    = 0x0002
	ProcessVMOperation     = 0x0008
	ProcessVMRead          = 0x0010
	ProcessVMWrite         = 0x0020
	ProcessDupHandle       = 0x0040
	ProcessCreateProcess   = 0x0080
	ProcessSetInformation  = 0x0200
	ProcessSuspendResume   = 0x0800
	ProcessAllAccess       = 0x1fffff
	standardRightsAll      = 0x1f0000
	fileAllAccess          = 0x1f01ff
	keyAllAccess           = 0x0f003f
	accessSystemSecurity   = 0x01000000
	genericAll             = 0x10000000
	genericExecute         = 0x20000000
	genericWrite           = 0x40000000
	genericRead            = 0x80000000
	maximumAllowed         = 0x02000000
	rightDelete            = 0x00010000
	rightReadControl       = 0x00020000
	rightWriteDAC          = 0x00040000
	rightWriteOwner        = 0x00080000
	rightSynchronize       = 0x00100000
	serviceAllAccess       = 0x000f01ff
	serviceManagerAllAcces = 0x000f003f
)

var standardRights = []named{
	{rightDelete, "DELETE"},
	{rightReadControl, "READ_CONTROL"},
	{rightWriteDAC, "WRITE_DAC"},
	{rightWriteOwner, "WRITE_OWNER"},
	{rightSynchronize, "SYNCHRONIZE"},
	{accessSystemSecurity, "ACCESS_SYSTEM_SECURITY"},
	{maximumAllowed, "MAXIMUM_ALLOWED"},
	{genericAll, "GENERIC_ALL"},
	{genericExecute, "GENERIC_EXECUTE"},
	{genericWrite, "GENERIC_WRITE"},
	{genericRead, "GENERIC_READ"},
}

func withStandard(names ...named) []named { return append(names, standardRights...) }

var processRights = withStandard(
	named{ProcessAllAccess, "PROCESS_ALL_ACCESS"},
	named{ProcessTerminate, "PROCESS_TERMINATE"},
	named{ProcessCreateThread, "PROCESS_CREATE_THREAD"},
	named{0x0004, "PROCESS_SET_SESSIONID"},
	named{ProcessVMOperation, "PROCESS_VM_OPERATION"},
	named{ProcessVMRead, "PROCESS_VM_READ"},
	named{ProcessVMWrite, "PROCESS_VM_WRITE"},
	named{ProcessDupHandle, "PROCESS_DUP_HANDLE"},
	named{ProcessCreateProcess, "PROCESS_CREATE_PROCESS"},
	named{0x0100, "PROCESS_SET_QUOTA"},
	named{ProcessSetInformation, "PROCESS_SET_INFORMATION"},
	named{0x0400, "PROCESS_QUERY_INFORMATION"},
	named{ProcessSuspendResume, "PROCESS_SUSPEND_RESUME"},
	named{0x1000, "PROCESS_QUERY_LIMITED_INFORMATION"},
	named{0x2000, "PROCESS_SET_LIMITED_INFORMATION"},
)

var fileRights = withStandard(
	named{fileAllAccess, "FILE_ALL_ACCESS"},
	named{0x0001, "FILE_READ_DATA"},
	named{0x0002, "FILE_WRITE_DATA"},
	named{0x0004, "FILE_APPEND_DATA"},
	named{0x0008, "FILE_READ_EA"},
	named{0x0010, "FILE_WRITE_EA"},
	named{0x0020, "FILE_EXECUTE"},
	named{0x0040, "FILE_DELETE_CHILD"},
	named{0x0080, "FILE_READ_ATTRIBUTES"},
	named{0x0100, "FILE_WRITE_ATTRIBUTES"},
)

var keyRights = withStandard(
	named{keyAllAccess, "KEY_ALL_ACCESS"},
	named{0x0001, "KEY_QUERY_VALUE"},
	named{0x0002, "KEY_SET_VALUE"},
	named{0x0004, "KEY_CREATE_SUB_KEY"},
	named{0x0008, "KEY_ENUMERATE_SUB_KEYS"},
	named{0x0010, "KEY_NOTIFY"},
	named{0x0020, "KEY_CREATE_LINK"},
	named{0x0100, "KEY_WOW64_64KEY"},
	named{0x0200, "KEY_WOW64_32KEY"},
)

var tokenRights = withStandard(
	named{0x0001, "TOKEN_ASSIGN_PRIMARY"},
	named{0x0002, "TOKEN_DUPLICATE"},
	named{0x0004, "TOKEN_IMPERSONATE"},
	named{0x0008, "TOKEN_QUERY"},
	named{0x0010, "TOKEN_QUERY_SOURCE"},
	named{0x0020, "TOKEN_ADJUST_PRIVILEGES"},
	named{0x0040, "TOKEN_ADJUST_GROUPS"},
	named{0x0080, "TOKEN_ADJUST_DEFAULT"},
	named{0x0100, "TOKEN_ADJUST_SESSIONID"},
)

var serviceRights = withStandard(
	named{serviceAllAccess, "SERVICE_ALL_ACCESS"},
	named{0x0001, "SERVICE_QUERY_CONFIG"},
	named{0x0002, "SERVICE_CHANGE_CONFIG"},
	named{0x0004, "SERVICE_QUERY_STATUS"},
	named{0x0008, "SERVICE_ENUMERATE_DEPENDENTS"},
	named{0x0010, "SERVICE_START"},
	named{0x0020, "SERVICE_STOP"},
	named{0x0040, "SERVICE_PAUSE_CONTINUE"},
	named{0x0080, "SERVICE_INTERROGATE"},
	named{0x0100, "SERVICE_USER_DEFINED_CONTROL"},
)

var serviceManagerRights = withStandard(
	named{serviceManagerAllAcces, "SC_MANAGER_ALL_ACCESS"},
	named{0x0001, "SC_MANAGER_CONNECT"},
	named{0x0002, "SC_MANAGER_CREATE_SERVICE"},
	named{0x0004, "SC_MANAGER_ENUMERATE_SERVICE"},
	named{0x0008, "SC_MANAGER_LOCK"},
	named{0x0010, "SC_MANAGER_QUERY_LOCK_STATUS"},
	named{0x0020, "SC_MANAGER_MODIFY_BOOT_CONFIG"},
)

var logonTypes = []named{
	{0, "system"},
	{2, "interactive"},
	{3, "network"},
	{4, "batch"},
	{5, "service"},
	{7, "unlock"},
	{8, "network_cleartext"},
	{9, "new_credentials"},
	{10, "remote_interactive"},
	{11, "cached_interactive"},
	{12, "cached_remote_interactive"},
	{13, "cached_unlock"},
}

// LogonTypeText names a logon type; one without a name reads as its number.
func LogonTypeText(t uint32) string {
	for _, n := range logonTypes {
		if n.Value == uint64(t) {
			return n.Name
		}
	}
	return strconv.FormatUint(uint64(t), 10)
}

// IntegrityText names the level of an integrity SID, "S-1-16-12288", or of its text; "" for any other.
func IntegrityText(sid string) string {
	switch sid {
	case "S-1-16-0":
		return "Untrusted"
	case "S-1-16-4096":
		return "Low"
	case "S-1-16-8192":
		return "Medium"
	case "S-1-16-8448":
		return "MediumPlus"
	case "S-1-16-12288":
		return "High"
	case "S-1-16-16384":
		return "System"
	case "S-1-16-20480":
		return "Protected"
	}
	// As a rendered text has it, "Mandatory Label\High Mandatory Level".
	if name, ok := strings.CutSuffix(sid, " Mandatory Level"); ok {
		switch name = strings.ReplaceAll(name[strings.LastIndexByte(name, '\\')+1:], " ", ""); name {
		case "Untrusted", "Low", "Medium", "MediumPlus", "High", "System":
			return name
		case "ProtectedProcess":
			return "Protected"
		}
	}
	return ""
}

// ProcessRights names the rights on a process.
func ProcessRights(v uint64) string { return names.Flags(v, processRights, "0") }

// FileRights names the rights on a file.
func FileRights(v uint64) string { return names.Flags(v, fileRights, "0") }

// KeyRights names the rights on a registry key.
func KeyRights(v uint64) string { return names.Flags(v, keyRights, "0") }

// LogonType names a logon type.
func LogonType(v uint64) string { return LogonTypeText(uint32(v)) }
