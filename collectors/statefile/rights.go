package statefile

import (
	"slices"
	"strconv"
	"strings"
)

// SIDs of Windows that administer a machine.
const (
	sidSystem           = "S-1-5-18"
	sidAdministrators   = "S-1-5-32-544"
	sidTrustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
)

// stateRights gives the folder's rights on Windows as SDDL: all for LocalSystem and the administrators, inherited by what is
// within, and none from above. A program that is not elevated could not use that, so its user is added.
func stateRights(elevated bool, user string) string {
	rights := "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
	if !elevated {
		rights += "(A;OICI;FA;;;" + user + ")"
	}
	return rights
}

// trustedOwner tells whether a folder's owner, by SID, may say what is not reported.
func trustedOwner(owner, user string) bool {
	return owner == sidSystem || owner == sidAdministrators || owner == sidTrustedInstaller || owner == user
}

// Rights by which a file can be changed or replaced, and a folder's files made, removed or replaced (WinNT.h).
const (
	writeData    = 0x2 // of a folder: make files
	appendData   = 0x4 // of a folder: make folders
	deleteChild  = 0x40
	deleteIt     = 0x10000
	writeDAC     = 0x40000
	writeOwner   = 0x80000
	genericAll   = 0x10000000
	genericWrite = 0x40000000
	change       = writeData | appendData | deleteChild | deleteIt | writeDAC | writeOwner | genericAll | genericWrite
)

// namedRights are what SDDL calls rights, as far as they let change anything; others let not.
var namedRights = map[string]uint64{
	"GA": genericAll, "GW": genericWrite, "WD": writeDAC, "WO": writeOwner, "SD": deleteIt, "DC": writeData, "LC": appendData,
	"DT": deleteChild, "FA": change, "FW": writeData | appendData, "KA": change, "KW": writeData | appendData,
	"GR": 0, "GX": 0, "RC": 0, "CC": 0, "SW": 0, "RP": 0, "WP": 0, "LO": 0, "CR": 0, "FR": 0, "FX": 0, "KR": 0, "KX": 0,
}

// trustedInSDDL are those who may, by their names in SDDL: LocalSystem, the administrators and their first one, and who owns the file,
// which is asked for by itself.
var trustedInSDDL = []string{"SY", "BA", "LA", "OW", "S-1-3-4"}

// openTo gives who beside administrators and a user may change a file or a folder, or the files that will be made in the folder, by the
// text of its security descriptor: a SID or its name in SDDL, "" for nobody. What it denies counts for nothing.
func openTo(sddl, user string, folder bool) string {
	const everyone = "S-1-1-0"
	_, acl, found := strings.Cut(sddl, "D:")
	flags, entries, some := strings.Cut(acl, "(")
	if !found || strings.Contains(flags, "NO_ACCESS_CONTROL") {
		return everyone
	}
	for some {
		var entry string
		if entry, entries, some = aceOf(entries); entry == "" {
			break
		}
		f := strings.SplitN(entry, ";", 6)
		if len(f) < 6 {
			return everyone // of what is not understood the worst is taken for granted
		}
		kind, inherits := f[0], f[1]
		who, _, _ := strings.Cut(f[5], ";") // a condition
		onlyInherited := hasCode(inherits, "IO")
		switch {
		case strings.HasSuffix(kind, "D"): // it denies
		case onlyInherited && (!folder || who == "CO" || who == "CG" || strings.HasPrefix(who, "S-1-3-")): // whoever makes a file
		case rightsOf(f[2])&change == 0:
		case trustedOwner(who, user) || slices.Contains(trustedInSDDL, who):
		default:
			return who
		}
	}
	return ""
}

// aceOf cuts the next entry off a list of rights, whose "(" is gone; more tells whether another follows.
func aceOf(list string) (entry, rest string, more bool) {
	depth := 1
	for i := range len(list) {
		switch list[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return list[:i], strings.TrimPrefix(list[i+1:], "("), strings.HasPrefix(list[i+1:], "(")
			}
		}
	}
	return list, "", false
}

// rightsOf reads rights: names of two letters or a number. One that is not known may be any.
func rightsOf(text string) uint64 {
	if n, err := strconv.ParseUint(text, 0, 64); err == nil {
		return n
	}
	out := uint64(0)
	for len(text) > 0 {
		n, known := namedRights[text[:min(2, len(text))]]
		if !known {
			return change
		}
		out |= n
		text = text[2:]
	}
	return out
}

// hasCode tells whether codes of two letters hold one.
func hasCode(codes, one string) bool {
	for ; len(codes) >= 2; codes = codes[2:] {
		if codes[:2] == one {
			return true
		}
	}
	return false
}
