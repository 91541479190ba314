package sqlhost

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/tables"
)

// TestAskedByAllowLists asks for what an allow-list leaves, as a detection does: with an empty list that is all.
func TestAskedByAllowLists(t *testing.T) {
	held := store.NewStore(100, 1)
	for i, c := range []struct{ path, address string }{
		{"/usr/bin/java", "127.0.0.1"},
		{"/usr/bin/JAVA", "192.0.2.1"},
		{"/usr/bin/qemu-arm", "::ffff:127.0.0.9"},
		{"/opt/a_b", "fe80::1%eth0"},
		{"/opt/axb", "::1"},
		{"", "no address"},
		{"/opt/it's", ""},
	} {
		held.Add(event.Event{
			Kind: event.KindNetworkFlow, API: event.APINamed("connect"), TimeNS: int64(i + 1), NArgs: 0,
			Process: &event.Process{PID: int64(i + 1), Path: c.path}, Detail: &event.Flow{RemoteAddress: c.address},
		})
	}
	db, err := Open(tables.All(&tables.Data{Store: held}))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct{ where, want string }{
		{`name_unlike = (SELECT json_group_array(value) FROM (SELECT 1 AS value) WHERE 0)`, "1 2 3 4 5 6 7"},
		{`name_unlike = '["java"]'`, "3 4 5 6 7"},
		{`name_unlike = '["java","qemu-%","a\\_b","it''s"]'`, "5 6"},
		{`name_unlike = '["%"]'`, ""},
		{`name_unlike IN ('["java","a%"]', '["qemu%"]')`, "1 2 3 4 5 6 7"},
		{`remote_address_outside = '[]'`, "1 2 3 4 5"},
		{`remote_address_outside = '["127.0.0.0/8"]'`, "2 4 5"},
		{`remote_address_outside = '["127.0.0.0/8","fe80::/10","::1/128"]'`, "2"},
		{`remote_address_outside = '["0.0.0.0/0"]' AND name_unlike = '["axb"]'`, "4"},
	} {
		got, err := db.QueryAll(t.Context(), "SELECT pid FROM network_flows WHERE "+c.where+" ORDER BY pid")
		if err != nil {
			t.Errorf("%s: %v", c.where, err)
			continue
		}
		var pids []string
		for _, row := range got.Rows {
			pids = append(pids, row[0].String())
		}
		if strings.Join(pids, " ") != c.want {
			t.Errorf("%s gives pids %v, want %s", c.where, pids, c.want)
		}
	}
	for where, want := range map[string]string{
		`name_unlike = 'java'`:                 `name_unlike: "java" is no JSON array of texts`,
		`remote_address_outside = '["local"]'`: `remote_address_outside: "local" is no address block`,
	} {
		if _, err := db.QueryAll(t.Context(), "SELECT pid FROM network_flows WHERE "+where); err == nil ||
			!strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %s", where, err, want)
		}
	}
}
