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
