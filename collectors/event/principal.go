package event

import (
	"slices"
	"strings"
)

// The logon sessions that Windows makes for its own accounts (ntifs.h, SYSTEM_LUID and the others).
const (
	systemLogon         = 0x3e7
	networkServiceLogon = 0x3e4
	localServiceLogon   = 0x3e5
)

// principal tells one user from another whatever a log calls them: an audit gives the machine's account for SYSTEM and
// NETWORK SERVICE, and a domain by either of its names. A user is told by name alone, without the domain.
func principal(user string, w *WindowsProcess) string {
	switch {
	case w.LogonID == systemLogon || w.LogonID == 0 && w.UserSID == "S-1-5-18":
		return "system"
	case w.LogonID == networkServiceLogon || w.LogonID == 0 && w.UserSID == "S-1-5-20":
		return "network service"
	case w.LogonID == localServiceLogon || w.LogonID == 0 && w.UserSID == "S-1-5-19":
		return "local service"
	}
	name := strings.ToLower(LastPart(user))
	if known, ok := translated[name]; ok && strings.Contains(strings.ToLower(user), `aut`) {
		return known
	}
	if strings.HasSuffix(name, "$") { // a machine's account; which of the three is not said
		return ""
	}
	return name
}

// translated are the names that Windows's own accounts have in other languages, where their domain is a translation of NT AUTHORITY.
var translated = map[string]string{
	"système":          "system",
	"sistema":          "system",
	"system":           "system",
	"service réseau":   "network service",
	"netzwerkdienst":   "network service",
	"servicio de red":  "network service",
	"servizio di rete": "network service",
	"service local":    "local service",
	"lokaler dienst":   "local service",
	"servicio local":   "local service",
	"servizio locale":  "local service",
}

// silentParents are the processes of SYSTEM that start no programs.
var silentParents = []string{"lsass.exe", "csrss.exe", "lsaiso.exe", "trustedinstaller.exe"}

// UserChange compares a Windows process's user with its creator's: "to_system", "from_system", "to_service" for LOCAL and NETWORK
// SERVICE, "other"; "from_silent" where the creator is one that starts no programs, whoever the user is; "" where they are the same, or
// where either is not known.
func (p *Process) UserChange() string {
	if p.Windows == nil || p.Creator == nil || p.Creator.Windows == nil {
		return ""
	}
	if slices.Contains(silentParents, strings.ToLower(LastPart(p.Creator.Path))) {
		return "from_silent"
	}
	before, after := principal(p.Creator.User, p.Creator.Windows), principal(p.User, p.Windows)
	switch {
	case before == "" || after == "" || before == after:
		return ""
	case after == "system":
		return "to_system"
	case strings.HasSuffix(after, " service"):
		return "to_service"
	case before == "system":
		return "from_system"
	}
	return "other"
}
