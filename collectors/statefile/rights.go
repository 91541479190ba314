package statefile

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
