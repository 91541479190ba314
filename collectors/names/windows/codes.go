package windows

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/names"
)

// errorCodes are the system's error codes (winerror.h) that services, tasks and DNS queries end with.
var errorCodes = []named{
	{0x1, "ERROR_INVALID_FUNCTION"},
	{0x2, "ERROR_FILE_NOT_FOUND"},
	{0x3, "ERROR_PATH_NOT_FOUND"},
	{0x5, "ERROR_ACCESS_DENIED"},
	{0x6, "ERROR_INVALID_HANDLE"},
	{0x8, "ERROR_NOT_ENOUGH_MEMORY"},
	{0xd, "ERROR_INVALID_DATA"},
	{0x1f, "ERROR_GEN_FAILURE"},
	{0x20, "ERROR_SHARING_VIOLATION"},
	{0x32, "ERROR_NOT_SUPPORTED"},
	{0x57, "ERROR_INVALID_PARAMETER"},
	{0x6d, "ERROR_BROKEN_PIPE"},
	{0x7b, "ERROR_INVALID_NAME"},
	{0x7e, "ERROR_MOD_NOT_FOUND"},
	{0x7f, "ERROR_PROC_NOT_FOUND"},
	{0xb7, "ERROR_ALREADY_EXISTS"},
	{0xc1, "ERROR_BAD_EXE_FORMAT"},
	{0xd8, "ERROR_EXE_MACHINE_TYPE_MISMATCH"},
	{0x102, "WAIT_TIMEOUT"},
	{0x10b, "ERROR_DIRECTORY"},
	{0x241, "ERROR_INVALID_IMAGE_HASH"},
	{0x2e4, "ERROR_ELEVATION_REQUIRED"},
	{0x3e6, "ERROR_NOACCESS"},
	{0x41d, "ERROR_SERVICE_REQUEST_TIMEOUT"},
	{0x41f, "ERROR_SERVICE_DATABASE_LOCKED"},
	{0x420, "ERROR_SERVICE_ALREADY_RUNNING"},
	{0x421, "ERROR_INVALID_SERVICE_ACCOUNT"},
	{0x422, "ERROR_SERVICE_DISABLED"},
	{0x424, "ERROR_SERVICE_DOES_NOT_EXIST"},
	{0x425, "ERROR_SERVICE_CANNOT_ACCEPT_CTRL"},
	{0x426, "ERROR_SERVICE_NOT_ACTIVE"},
	{0x427, "ERROR_FAILED_SERVICE_CONTROLLER_CONNECT"},
	{0x428, "ERROR_EXCEPTION_IN_SERVICE"},
	{0x42a, "ERROR_SERVICE_SPECIFIC_ERROR"},
	{0x42b, "ERROR_PROCESS_ABORTED"},
	{0x42c, "ERROR_SERVICE_DEPENDENCY_FAIL"},
	{0x42d, "ERROR_SERVICE_LOGON_FAILED"},
	{0x42e, "ERROR_SERVICE_START_HANG"},
	{0x430, "ERROR_SERVICE_MARKED_FOR_DELETE"},
	{0x433, "ERROR_SERVICE_DEPENDENCY_DELETED"},
	{0x435, "ERROR_SERVICE_NEVER_STARTED"},
	{0x437, "ERROR_DUPLICATE_SERVICE_NAME"},
	{0x45a, "ERROR_DLL_INIT_FAILED"},
	{0x45b, "ERROR_SHUTDOWN_IN_PROGRESS"},
	{0x490, "ERROR_NOT_FOUND"},
	{0x4c3, "ERROR_SESSION_CREDENTIAL_CONFLICT"},
	{0x4c7, "ERROR_CANCELLED"},
	{0x4ec, "ERROR_ACCESS_DISABLED_BY_POLICY"},
	{0x514, "ERROR_NOT_ALL_ASSIGNED"},
	{0x51b, "ERROR_INVALID_OWNER"},
	{0x522, "ERROR_PRIVILEGE_NOT_HELD"},
	{0x525, "ERROR_NO_SUCH_USER"},
	{0x52e, "ERROR_LOGON_FAILURE"},
	{0x52f, "ERROR_ACCOUNT_RESTRICTION"},
	{0x532, "ERROR_PASSWORD_EXPIRED"},
	{0x533, "ERROR_ACCOUNT_DISABLED"},
	{0x534, "ERROR_NONE_MAPPED"},
	{0x54b, "ERROR_NO_SUCH_DOMAIN"},
	{0x569, "ERROR_LOGON_TYPE_NOT_GRANTED"},
	{0x5aa, "ERROR_NO_SYSTEM_RESOURCES"},
	{0x5b4, "ERROR_TIMEOUT"},
	{0x643, "ERROR_INSTALL_FAILURE"},
	{0x6ba, "RPC_S_SERVER_UNAVAILABLE"},
	{0x6be, "RPC_S_CALL_FAILED"},
	{0x773, "ERROR_PASSWORD_MUST_CHANGE"},
	{0x775, "ERROR_ACCOUNT_LOCKED_OUT"},
	{0x10e0, "ERROR_REQUEST_REFUSED"},
	{0x2329, "DNS_ERROR_RCODE_FORMAT_ERROR"},
	{0x232a, "DNS_ERROR_RCODE_SERVER_FAILURE"},
	{0x232b, "DNS_ERROR_RCODE_NAME_ERROR"},
	{0x232c, "DNS_ERROR_RCODE_NOT_IMPLEMENTED"},
	{0x232d, "DNS_ERROR_RCODE_REFUSED"},
	{0x251d, "DNS_INFO_NO_RECORDS"},
	{0x251e, "DNS_ERROR_BAD_PACKET"},
	{0x2554, "DNS_ERROR_RECORD_TIMED_OUT"},
	{0x25e5, "DNS_ERROR_RECORD_DOES_NOT_EXIST"},
	{0x2746, "WSAECONNRESET"},
	{0x274c, "WSAETIMEDOUT"},
	{0x2af9, "WSAHOST_NOT_FOUND"},
	{0x41300, "SCHED_S_TASK_READY"},
	{0x41301, "SCHED_S_TASK_RUNNING"},
	{0x41303, "SCHED_S_TASK_HAS_NOT_RUN"},
	{0x41306, "SCHED_S_TASK_TERMINATED"},
	{0x80004005, "E_FAIL"},
	{0x80041309, "SCHED_E_TRIGGER_NOT_FOUND"},
	{0x8004130a, "SCHED_E_TASK_NOT_READY"},
	{0x8004130f, "SCHED_E_ACCOUNT_INFORMATION_NOT_SET"},
	{0x8004131f, "SCHED_E_ALREADY_RUNNING"},
	{0x80041324, "SCHED_E_TASK_ATTEMPTED"},
	{0x80041326, "SCHED_E_TASK_DISABLED"},
}

// ErrorName names an error code, a status or a result that wraps one (HRESULT_FROM_WIN32); "" where it is success or has no
// name here.
func ErrorName(code uint64) string {
	for _, names := range [...][]named{errorCodes, statuses} {
		for _, n := range names {
			if n.Value == code {
				return n.Name
			}
		}
	}
	if code>>16 == 0x8007 {
		return ErrorName(code & 0xffff)
	}
	return ""
}

// CodeText puts the name behind an error code as records give it: %%1058, 1460 or 0x80070005.
func CodeText(s string) string {
	n, ok := MessageNumber(s)
	code := uint64(n)
	if !ok {
		digits, base := s, 10
		if hex, found := strings.CutPrefix(s, "0x"); found {
			digits, base = hex, 16
		}
		var err error
		if code, err = strconv.ParseUint(digits, base, 64); err != nil {
			return s
		}
	}
	if name := ErrorName(code); name != "" {
		return s + " " + name
	}
	return s
}

// encryptionTypes are Kerberos's (RFC 3961, RFC 4757, and IANA's registry of them).
var encryptionTypes = []named{
	{0x1, "DES-CBC-CRC"},
	{0x3, "DES-CBC-MD5"},
	{0x11, "AES128-CTS-HMAC-SHA1-96"},
	{0x12, "AES256-CTS-HMAC-SHA1-96"},
	{0x13, "AES128-CTS-HMAC-SHA256-128"},
	{0x14, "AES256-CTS-HMAC-SHA384-192"},
	{0x17, "RC4-HMAC"},
	{0x18, "RC4-HMAC-EXP"},
}

// EncryptionName names the encryption type of a ticket.
func EncryptionName(t uint64) string {
	for _, n := range encryptionTypes {
		if n.Value == t {
			return n.Name
		}
	}
	return ""
}

// ticketOptions are the options that a ticket is asked for with, KDCOptions of RFC 4120, 5.4.1, whose first bit is the highest.
var ticketOptions = []named{
	{0x40000000, "forwardable"},
	{0x20000000, "forwarded"},
	{0x10000000, "proxiable"},
	{0x08000000, "proxy"},
	{0x04000000, "allow-postdate"},
	{0x02000000, "postdated"},
	{0x00800000, "renewable"},
	{0x00020000, "cname-in-addl-tkt"},
	{0x00010000, "canonicalize"},
	{0x00000020, "disable-transited-check"},
	{0x00000010, "renewable-ok"},
	{0x00000008, "enc-tkt-in-skey"},
	{0x00000002, "renew"},
	{0x00000001, "validate"},
}

// TicketOptionsText names the options of a ticket.
func TicketOptionsText(options uint64) string { return names.Flags(options, ticketOptions, "") }
