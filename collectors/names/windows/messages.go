package windows

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/names"
)

// Audits of Windows stand for words by numbers, %%1537, which msobjs.dll has the texts of. Rights come in blocks of 16, one
// for each type of object, in the order of the bits of an access mask; user account control in two blocks of 32, off and on.
const (
	firstStandardRight = 1537 // DELETE, bit 16
	saclRight          = 1542 // ACCESS_SYS_SEC
	firstUnknownRight  = 1552
	firstObjectRight   = 4352
	lastObjectRight    = 8191
	firstControlOff    = 2048
	firstControlOn     = 2080
	afterControl       = 2112
	firstFailure       = 2304
)

// MessageNumber reads %%NNNN.
func MessageNumber(s string) (int, bool) {
	digits, ok := strings.CutPrefix(strings.TrimSuffix(s, ":"), "%%")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0
}

// AccessMask reads a list of rights, "%%1537 %%4416": the mask that it stands for, as far as it names rights.
func AccessMask(list string) uint32 {
	var mask uint32
	for word := range strings.FieldsSeq(list) {
		n, ok := MessageNumber(word)
		switch {
		case !ok:
		case n >= firstStandardRight && n < saclRight:
			mask |= rightDelete << (n - firstStandardRight)
		case n == saclRight:
			mask |= accessSystemSecurity
		case n >= firstUnknownRight && n < firstUnknownRight+16, n >= firstObjectRight && n <= lastObjectRight:
			mask |= 1 << (n % 16)
		}
	}
	return mask
}

// accountControls are the bits of a user's account control as audits number them, which is not as the directory does.
var accountControls = [...]string{
	"", "Home Directory Required", "Password Not Required", "Temp Duplicate Account", "Normal Account", "MNS Logon Account",
	"Interdomain Trust Account", "Workstation Trust Account", "Server Trust Account", "Don't Expire Password", "",
	"Encrypted Text Password Allowed", "Smartcard Required", "Trusted For Delegation", "Not Delegated", "Use DES Key Only",
	"Don't Require Preauth", "Password Expired", "Trusted To Authenticate For Delegation", "Exclude Authorization Information",
}

// accountStates are the two bits that have a word for each side.
var accountStates = map[int]string{2048: "Account Enabled", 2080: "Account Disabled", 2058: "Account Unlocked", 2090: "Account Locked"}

// AccountControlText puts the words behind the numbers of a list, "%%2089 Don't Expire Password - Enabled".
func AccountControlText(list string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(list) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		n, ok := MessageNumber(word)
		if !ok || n < firstControlOff || n >= afterControl {
			continue
		}
		bit, state := (n-firstControlOff)%32, " - Disabled"
		if n >= firstControlOn {
			state = " - Enabled"
		}
		if text := accountStates[n]; text != "" {
			b.WriteString(" " + text)
		} else if bit < len(accountControls) {
			b.WriteString(" " + accountControls[bit] + state)
		}
	}
	return b.String()
}

// UserControlText names the bits of a user's account control as audits give it, 0x15: those of the message texts.
func UserControlText(control uint64) string {
	var b strings.Builder
	for bit := range 32 {
		if control>>bit&1 == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		switch text := accountStates[firstControlOn+bit]; {
		case text != "":
			b.WriteString(text)
		case bit < len(accountControls):
			b.WriteString(accountControls[bit])
		default:
			b.WriteString("0x" + strconv.FormatUint(1<<bit, 16))
		}
	}
	return b.String()
}

// directoryControls are the bits of the directory's attribute userAccountControl (ADS_USER_FLAG_ENUM of iads.h, and lmaccess.h).
var directoryControls = []named{
	{0x1, "SCRIPT"},
	{0x2, "ACCOUNTDISABLE"},
	{0x8, "HOMEDIR_REQUIRED"},
	{0x10, "LOCKOUT"},
	{0x20, "PASSWD_NOTREQD"},
	{0x40, "PASSWD_CANT_CHANGE"},
	{0x80, "ENCRYPTED_TEXT_PASSWORD_ALLOWED"},
	{0x100, "TEMP_DUPLICATE_ACCOUNT"},
	{0x200, "NORMAL_ACCOUNT"},
	{0x800, "INTERDOMAIN_TRUST_ACCOUNT"},
	{0x1000, "WORKSTATION_TRUST_ACCOUNT"},
	{0x2000, "SERVER_TRUST_ACCOUNT"},
	{0x10000, "DONT_EXPIRE_PASSWD"},
	{0x20000, "MNS_LOGON_ACCOUNT"},
	{0x40000, "SMARTCARD_REQUIRED"},
	{0x80000, "TRUSTED_FOR_DELEGATION"},
	{0x100000, "NOT_DELEGATED"},
	{0x200000, "USE_DES_KEY_ONLY"},
	{0x400000, "DONT_REQUIRE_PREAUTH"},
	{0x800000, "PASSWORD_EXPIRED"},
	{0x1000000, "TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION"},
	{0x4000000, "PARTIAL_SECRETS_ACCOUNT"},
}

// DirectoryControlText names the bits of the directory's attribute userAccountControl.
func DirectoryControlText(control uint64) string {
	return names.Flags(control&0xffffffff, directoryControls, "0")
}

// texts are those of the audit policy's categories and subcategories, of its changes (event 4719's documentation; the
// subcategories bear the numbers that their events have as task), and of what else the audits here name so.
var texts = map[int]string{
	1904: "New registry value created", 1905: "Existing registry value modified", 1906: "Registry value deleted",
	8099: "Read Credential", 8100: "Enumerate Credentials",
	8272: "System", 8273: "Logon/Logoff", 8274: "Object Access", 8275: "Privilege Use", 8276: "Detailed Tracking", 8277: "Policy Change",
	8278: "Account Management", 8279: "DS Access", 8280: "Account Logon",
	8448: "Success removed", 8449: "Success Added", 8450: "Failure removed", 8451: "Failure Added",
	12288: "Security State Change", 12289: "Security System Extension", 12290: "System Integrity", 12291: "IPsec Driver",
	12292: "Other System Events",
	12544: "Logon", 12545: "Logoff", 12546: "Account Lockout", 12547: "IPsec Main Mode", 12548: "Special Logon", 12549: "IPsec Quick Mode",
	12550: "IPsec Extended Mode", 12551: "Other Logon/Logoff Events", 12552: "Network Policy Server", 12553: "User / Device Claims",
	12554: "Group Membership",
	12800: "File System", 12801: "Registry", 12802: "Kernel Object", 12803: "SAM", 12804: "Other Object Access Events",
	12805: "Certification Services",
	12806: "Application Generated", 12807: "Handle Manipulation", 12808: "File Share", 12809: "Filtering Platform Packet Drop",
	12810: "Filtering Platform Connection", 12811: "Detailed File Share", 12812: "Removable Storage", 12813: "Central Policy Staging",
	13056: "Sensitive Privilege Use", 13057: "Non Sensitive Privilege Use", 13058: "Other Privilege Use Events",
	13312: "Process Creation", 13313: "Process Termination", 13314: "DPAPI Activity", 13315: "RPC Events", 13316: "Plug and Play Events",
	13317: "Token Right Adjusted Events",
	13568: "Audit Policy Change", 13569: "Authentication Policy Change", 13570: "Authorization Policy Change",
	13571: "MPSSVC Rule-Level Policy Change",
	13572: "Filtering Platform Policy Change", 13573: "Other Policy Change Events",
	13824: "User Account Management", 13825: "Computer Account Management", 13826: "Security Group Management",
	13827: "Distribution Group Management",
	13828: "Application Group Management", 13829: "Other Account Management Events",
	14080: "Directory Service Access", 14081: "Directory Service Changes", 14082: "Directory Service Replication",
	14083: "Detailed Directory Service Replication",
	14336: "Credential Validation", 14337: "Kerberos Service Ticket Operations", 14338: "Other Account Logon Events",
	14339: "Kerberos Authentication Service",
	14592: "Inbound", 14593: "Outbound", 14608: "Resource Assignment", 14609: "Listen", 14610: "Receive/Accept", 14611: "Connect",
	14674: "Value Added", 14675: "Value Deleted",
}

// MessageText puts the text behind each number of a list, "%%8448 Success removed, %%8450 Failure removed"; a list of which
// nothing is known stays.
func MessageText(list string) string {
	if !strings.Contains(list, "%%") {
		return list
	}
	var b strings.Builder
	for word := range strings.FieldsSeq(list) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		number, comma := strings.CutSuffix(word, ",")
		b.WriteString(number)
		if n, ok := MessageNumber(number); ok && texts[n] != "" {
			b.WriteString(" " + texts[n])
		}
		if comma {
			b.WriteByte(',')
		}
	}
	return b.String()
}

// failures are why a logon failed, from %%2304 on (event 4625's documentation).
var failures = [...]string{
	"An Error occurred during Logon.", "The specified user account has expired.", "The NetLogon component is not active.",
	"Account locked out.",
	"The user has not been granted the requested logon type at this machine.", "The specified account's password has expired.",
	"Account currently disabled.", "Account logon time restriction violation.", "User not allowed to logon at this computer.",
	"Unknown user name or bad password.", "Domain sid inconsistent.", "Smartcard logon is required and was not used.",
}

// FailureText names why a logon failed; what is no number of the list stays.
func FailureText(s string) string {
	if n, ok := MessageNumber(s); ok && n >= firstFailure && n-firstFailure < len(failures) {
		return failures[n-firstFailure]
	}
	return s
}

// statuses are the NTSTATUS values (ntstatus.h) that logons fail with.
var statuses = []named{
	{0xc0000001, "STATUS_UNSUCCESSFUL"},
	{0xc0000005, "STATUS_ACCESS_VIOLATION"},
	{0xc000000d, "STATUS_INVALID_PARAMETER"},
	{0xc0000017, "STATUS_NO_MEMORY"},
	{0xc0000022, "STATUS_ACCESS_DENIED"},
	{0xc000005e, "STATUS_NO_LOGON_SERVERS"},
	{0xc000005f, "STATUS_NO_SUCH_LOGON_SESSION"},
	{0xc0000062, "STATUS_INVALID_ACCOUNT_NAME"},
	{0xc0000063, "STATUS_USER_EXISTS"},
	{0xc0000064, "STATUS_NO_SUCH_USER"},
	{0xc000006a, "STATUS_WRONG_PASSWORD"},
	{0xc000006b, "STATUS_ILL_FORMED_PASSWORD"},
	{0xc000006c, "STATUS_PASSWORD_RESTRICTION"},
	{0xc000006d, "STATUS_LOGON_FAILURE"},
	{0xc000006e, "STATUS_ACCOUNT_RESTRICTION"},
	{0xc000006f, "STATUS_INVALID_LOGON_HOURS"},
	{0xc0000070, "STATUS_INVALID_WORKSTATION"},
	{0xc0000071, "STATUS_PASSWORD_EXPIRED"},
	{0xc0000072, "STATUS_ACCOUNT_DISABLED"},
	{0xc0000073, "STATUS_NONE_MAPPED"},
	{0xc00000bb, "STATUS_NOT_SUPPORTED"},
	{0xc00000dc, "STATUS_INVALID_SERVER_STATE"},
	{0xc00000df, "STATUS_NO_SUCH_DOMAIN"},
	{0xc0000133, "STATUS_TIME_DIFFERENCE_AT_DC"},
	{0xc000015b, "STATUS_LOGON_TYPE_NOT_GRANTED"},
	{0xc000018a, "STATUS_NO_TRUST_LSA_SECRET"},
	{0xc000018b, "STATUS_NO_TRUST_SAM_ACCOUNT"},
	{0xc000018c, "STATUS_TRUSTED_DOMAIN_FAILURE"},
	{0xc000018d, "STATUS_TRUSTED_RELATIONSHIP_FAILURE"},
	{0xc0000192, "STATUS_NETLOGON_NOT_STARTED"},
	{0xc0000193, "STATUS_ACCOUNT_EXPIRED"},
	{0xc0000224, "STATUS_PASSWORD_MUST_CHANGE"},
	{0xc0000225, "STATUS_NOT_FOUND"},
	{0xc0000234, "STATUS_ACCOUNT_LOCKED_OUT"},
	{0xc00002ee, "STATUS_UNFINISHED_CONTEXT_DELETED"},
	{0xc0000388, "STATUS_DOWNGRADE_DETECTED"},
	{0xc0000413, "STATUS_AUTHENTICATION_FIREWALL_FAILED"},
	{0xc0000418, "STATUS_NTLM_BLOCKED"},
	{0xc000041f, "STATUS_SMARTCARD_NO_CARD"},
}

// kerberosErrors are the error codes of RFC 4120, section 7.5.9, that a domain controller's audits hold.
var kerberosErrors = []named{
	{0x1, "KDC_ERR_NAME_EXP"},
	{0x2, "KDC_ERR_SERVICE_EXP"},
	{0x3, "KDC_ERR_BAD_PVNO"},
	{0x6, "KDC_ERR_C_PRINCIPAL_UNKNOWN"},
	{0x7, "KDC_ERR_S_PRINCIPAL_UNKNOWN"},
	{0x8, "KDC_ERR_PRINCIPAL_NOT_UNIQUE"},
	{0x9, "KDC_ERR_NULL_KEY"},
	{0xa, "KDC_ERR_CANNOT_POSTDATE"},
	{0xb, "KDC_ERR_NEVER_VALID"},
	{0xc, "KDC_ERR_POLICY"},
	{0xd, "KDC_ERR_BADOPTION"},
	{0xe, "KDC_ERR_ETYPE_NOSUPP"},
	{0xf, "KDC_ERR_SUMTYPE_NOSUPP"},
	{0x10, "KDC_ERR_PADATA_TYPE_NOSUPP"},
	{0x12, "KDC_ERR_CLIENT_REVOKED"},
	{0x13, "KDC_ERR_SERVICE_REVOKED"},
	{0x14, "KDC_ERR_TGT_REVOKED"},
	{0x17, "KDC_ERR_KEY_EXPIRED"},
	{0x18, "KDC_ERR_PREAUTH_FAILED"},
	{0x19, "KDC_ERR_PREAUTH_REQUIRED"},
	{0x1b, "KDC_ERR_MUST_USE_USER2USER"},
	{0x1d, "KDC_ERR_SVC_UNAVAILABLE"},
	{0x1f, "KRB_AP_ERR_BAD_INTEGRITY"},
	{0x20, "KRB_AP_ERR_TKT_EXPIRED"},
	{0x21, "KRB_AP_ERR_TKT_NYV"},
	{0x22, "KRB_AP_ERR_REPEAT"},
	{0x23, "KRB_AP_ERR_NOT_US"},
	{0x24, "KRB_AP_ERR_BADMATCH"},
	{0x25, "KRB_AP_ERR_SKEW"},
	{0x29, "KRB_AP_ERR_MODIFIED"},
	{0x3c, "KRB_ERR_GENERIC"},
	{0x44, "KDC_ERR_WRONG_REALM"},
}

// StatusName names an NTSTATUS that a logon ends with, "" for success and for what has no name here.
func StatusName(status uint64) string { return nameOf(status, statuses) }

// KerberosErrorName names an error of Kerberos, "" for success and for what has no name here.
func KerberosErrorName(code uint64) string { return nameOf(code, kerberosErrors) }

func nameOf(v uint64, names []named) string {
	for _, n := range names {
		if n.Value == v {
			return n.Name
		}
	}
	return ""
}
