package winproc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// Token is an access token as GetTokenInformation tells it. Numbers are those of winnt.h.
type Token struct {
	UserSID       string
	IntegritySID  string
	Type          uint32 // 1 primary, 2 impersonation
	Level         uint32 // of impersonation, 0 anonymous to 3 delegation
	ElevationType uint32
	Elevated      bool
	Session       int64  // of Terminal Services
	LogonID       uint64 // the logon session that the token acts for
	OriginID      uint64 // the logon session that asked for that one with credentials, 0 if none did
	ID            uint64
	Source        string // who made it: "User32", "Advapi", "seclogo", …; "" if not to be had
	Restricted    bool
	AppContainer  bool
	UIAccess      bool
	Privileges    []Privilege
	Groups        []Group
}

// Privilege is a privilege in a token.
type Privilege struct {
	Number     uint64 // its LUID
	Attributes uint32
}

// Group is a group in a token.
type Group struct {
	SID        string
	Attributes uint32
}

// Attributes of privileges and groups, and kinds of token (winnt.h).
const (
	enabledByDefault = 0x01
	privilegeEnabled = 0x02
	privilegeRemoved = 0x04
	groupEnabled     = 0x04
	groupDenyOnly    = 0x10
	groupIntegrity   = 0x20

	primaryToken       = 1
	impersonationToken = 2
)

// Privileges have had the same numbers on all versions since Windows 2000 (wdm.h, SE_*_PRIVILEGE).
var privileges = [...]string{
	2: "SeCreateTokenPrivilege", 3: "SeAssignPrimaryTokenPrivilege", 4: "SeLockMemoryPrivilege", 5: "SeIncreaseQuotaPrivilege",
	6: "SeMachineAccountPrivilege", 7: "SeTcbPrivilege", 8: "SeSecurityPrivilege", 9: "SeTakeOwnershipPrivilege",
	10: "SeLoadDriverPrivilege", 11: "SeSystemProfilePrivilege", 12: "SeSystemtimePrivilege", 13: "SeProfileSingleProcessPrivilege",
	14: "SeIncreaseBasePriorityPrivilege", 15: "SeCreatePagefilePrivilege", 16: "SeCreatePermanentPrivilege", 17: "SeBackupPrivilege",
	18: "SeRestorePrivilege", 19: "SeShutdownPrivilege", 20: "SeDebugPrivilege", 21: "SeAuditPrivilege",
	22: "SeSystemEnvironmentPrivilege", 23: "SeChangeNotifyPrivilege", 24: "SeRemoteShutdownPrivilege", 25: "SeUndockPrivilege",
	26: "SeSyncAgentPrivilege", 27: "SeEnableDelegationPrivilege", 28: "SeManageVolumePrivilege", 29: "SeImpersonatePrivilege",
	30: "SeCreateGlobalPrivilege", 31: "SeTrustedCredManAccessPrivilege", 32: "SeRelabelPrivilege", 33: "SeIncreaseWorkingSetPrivilege",
	34: "SeTimeZonePrivilege", 35: "SeCreateSymbolicLinkPrivilege", 36: "SeDelegateSessionUserImpersonatePrivilege",
}

// PrivilegeText names a privilege; one without a name reads as its number.
func PrivilegeText(number uint64) string {
	if number < uint64(len(privileges)) && privileges[number] != "" {
		return privileges[number]
	}
	return "0x" + strconv.FormatUint(number, 16)
}

// privilegesWhere lists the names of the privileges that have a state, sorted, separated by spaces.
func (t *Token) privilegesWhere(has func(attributes uint32) bool) string {
	var names []string
	for _, p := range t.Privileges {
		if p.Attributes&privilegeRemoved == 0 && has(p.Attributes) {
			names = append(names, PrivilegeText(p.Number))
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// EnabledPrivileges are those in force.
func (t *Token) EnabledPrivileges() string {
	return t.privilegesWhere(func(a uint32) bool { return a&privilegeEnabled != 0 })
}

// DisabledPrivileges are those that the token holds and its user may enable.
func (t *Token) DisabledPrivileges() string {
	return t.privilegesWhere(func(a uint32) bool { return a&privilegeEnabled == 0 })
}

// AdjustedPrivileges are those in force that were not so when the token was made: somebody enabled them.
func (t *Token) AdjustedPrivileges() string {
	return t.privilegesWhere(func(a uint32) bool { return a&privilegeEnabled != 0 && a&enabledByDefault == 0 })
}

func (t *Token) groupsWhere(has func(attributes uint32) bool) string {
	var sids []string
	for _, g := range t.Groups {
		if g.Attributes&groupIntegrity == 0 && has(g.Attributes) {
			sids = append(sids, g.SID)
		}
	}
	slices.Sort(sids)
	return strings.Join(sids, " ")
}

// EnabledGroups are the identifiers of the groups in force.
func (t *Token) EnabledGroups() string {
	return t.groupsWhere(func(a uint32) bool { return a&groupEnabled != 0 && a&groupDenyOnly == 0 })
}

// DenyGroups are the identifiers of the groups that only deny, as Administrators does in a filtered token.
func (t *Token) DenyGroups() string {
	return t.groupsWhere(func(a uint32) bool { return a&groupDenyOnly != 0 })
}

// TypeText is "primary" or "impersonation".
func (t *Token) TypeText() string {
	if t.Type == impersonationToken {
		return "impersonation"
	}
	return "primary"
}

// LevelText names the impersonation level; "" for a primary token.
func (t *Token) LevelText() string {
	levels := [...]string{"anonymous", "identification", "impersonation", "delegation"}
	if t.Type != impersonationToken || t.Level >= uint32(len(levels)) {
		return ""
	}
	return levels[t.Level]
}

// Integrity names the integrity level as events do; a level without a name reads as its SID.
func (t *Token) Integrity() string {
	if s := windows.IntegrityText(t.IntegritySID); s != "" {
		return s
	}
	return t.IntegritySID
}

// Elevation is "default" (one token only), "full" or "limited" (the two halves under User Account Control).
func (t *Token) Elevation() string {
	kinds := [...]string{1: "default", 2: "full", 3: "limited"}
	if t.ElevationType < uint32(len(kinds)) {
		return kinds[t.ElevationType]
	}
	return ""
}
