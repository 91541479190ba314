package tables

import (
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// TestCredentialsBeforeAndAfter: each id and set of capabilities that a call can change has a column before and after, and what is not
// known is NULL or empty.
func TestCredentialsBeforeAndAfter(t *testing.T) {
	before := event.Credentials{UID: 1, EUID: 2, SUID: 3, FSUID: 4, GID: 5, EGID: 6, SGID: 7, FSGID: 8}
	after := event.Credentials{UID: 11, EUID: 12, SUID: 13, FSUID: 14, GID: 15, EGID: 16, SGID: 17, FSGID: -1}
	after.CapsKnown, after.Permitted, after.Effective, after.Inheritable, after.Ambient = true, 1, 2, 3, 4
	store := store.NewStore(0, 1)
	store.Add(event.Event{
		Kind: event.KindTokenChange, API: event.APINamed("setfsuid"), LogSource: new(event.LogSource), Process: new(event.Process),
		Detail: &event.TokenChange{Before: before, After: after},
	})
	table := tokenChanges(&Data{Store: store})
	for columns, want := range map[[8]string][]string{
		{"old_uid", "old_euid", "old_suid", "old_fsuid", "old_gid", "old_egid", "old_sgid", "old_fsgid"}: {
			"1", "2", "3", "4", "5", "6", "7",
			"8",
		},
		{"new_uid", "new_euid", "new_suid", "new_fsuid", "new_gid", "new_egid", "new_sgid", "new_fsgid"}: {
			"11", "12", "13", "14", "15", "16",
			"17", "",
		},
		{
			"old_cap_permitted", "old_cap_effective", "old_cap_inheritable", "old_cap_ambient",
			"new_cap_permitted", "new_cap_effective", "new_cap_inheritable", "new_cap_ambient",
		}: {"", "", "", "", "0x1", "0x2", "0x3", "0x4"},
	} {
		if got := cells(t, table, &Query{}, columns[:]...); len(got) != 1 || !slices.Equal(got[0], want) {
			t.Errorf("%q are %q, want %q", columns, got, want)
		}
	}
}
