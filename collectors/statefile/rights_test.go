package statefile

import (
	"strings"
	"testing"
)

func TestStateFolderOnWindows(t *testing.T) {
	if got := stateRights(true, "S-1-5-21-1"); strings.Contains(got, "S-1-5-21-1") || !strings.HasPrefix(got, "D:P") {
		t.Error("an administrator's folder:", got)
	}
	if got := stateRights(false, "S-1-5-21-1"); !strings.HasSuffix(got, "(A;OICI;FA;;;S-1-5-21-1)") {
		t.Error("a user's folder:", got)
	}
	for owner, want := range map[string]bool{
		sidSystem: true, sidAdministrators: true, sidTrustedInstaller: true, "S-1-5-21-1": true,
		"S-1-5-21-2": false, "": false, "S-1-5-32-545": false,
	} {
		if got := trustedOwner(owner, "S-1-5-21-1"); got != want {
			t.Errorf("owner %s is trusted: %v", owner, got)
		}
	}
}

// TestOpenTo: who may change a folder or a file, by its list of rights.
func TestOpenTo(t *testing.T) {
	const user = "S-1-5-21-1-2-3-1001"
	for _, c := range []struct {
		sddl         string
		folder, file string // who may
	}{
		{"O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", "", ""},
		{"O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + user + ")", "", ""},
		{"O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)", "", ""},
		// What a folder that an administrator makes below ProgramData has: every user may make files there.
		{"O:BAD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)", "BU", "BU"},
		{"O:BAD:(A;;FA;;;BA)(A;OICIIO;GA;;;BU)", "BU", ""}, // new files alone
		{"O:BAD:(A;;FA;;;WD)", "WD", "WD"},
		{"O:BAD:(A;;0x1301bf;;;AU)", "AU", "AU"},
		{"O:BAD:(A;;FW;;;S-1-5-21-1-2-3-1002)", "S-1-5-21-1-2-3-1002", "S-1-5-21-1-2-3-1002"},
		{"O:BAD:(A;;FRFX;;;WD)(A;;FA;;;LA)(A;;WDWO;;;OW)", "", ""},
		{"O:BAD:(A;;SD;;;BU)", "BU", "BU"},
		{"O:BAD:(D;;FA;;;WD)(A;;FA;;;SY)", "", ""},
		{"O:BAD:(XA;;FA;;;WD;(@User.Title==\"PM\" && (Member_of {SID(BA)})))", "WD", "WD"},
		{"O:BAD:(A;;FA;;;" + sidTrustedInstaller + ")", "", ""},
		{"O:BAD:P", "", ""},
		{"O:BAD:NO_ACCESS_CONTROL", "S-1-1-0", "S-1-1-0"},
		{"O:BA", "S-1-1-0", "S-1-1-0"},
		{"O:BAD:(A;;QQ;;;BU)", "BU", "BU"},
		{"O:BAD:(A;nonsense", "S-1-1-0", "S-1-1-0"},
		{"", "S-1-1-0", "S-1-1-0"},
	} {
		if folder, file := openTo(c.sddl, user, true), openTo(c.sddl, user, false); folder != c.folder || file != c.file {
			t.Errorf("%s: as a folder open to %q, want %q; as a file to %q, want %q", c.sddl, folder, c.folder, file, c.file)
		}
	}
}
