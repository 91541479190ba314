package flood

import (
	"fmt"
	"testing"
	"time"
)

func record(uid int, exe string) []byte {
	return fmt.Appendf(nil, `audit(1700000000.000:1): arch=c000003e syscall=10 success=yes exit=0 a0=0 a1=1000 a2=5 a3=0 items=0 ppid=1 `+
		`pid=2 auid=4294967295 uid=%d gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="x" exe=%s key="apiwatch"`,
		uid, exe)
}

// TestWhoFloods: a user is left out and not root, of root one program, and nobody where many share in it.
func TestWhoFloods(t *testing.T) {
	many := map[Actor]uint64{}
	for uid := range uint32(20) {
		many[Actor{UID: 1000 + uid, Path: "/usr/bin/x"}] = 100
	}
	for name, c := range map[string]struct {
		by   map[Actor]uint64
		want Actor
		ok   bool
	}{
		"one user":                  {map[Actor]uint64{{1000, "/a"}: 500, {1000, "/b"}: 400, {0, "/c"}: 50}, Actor{UID: 1000}, true},
		"a user beside root":        {map[Actor]uint64{{1000, "/a"}: 600, {0, "/c"}: 500}, Actor{UID: 1000}, true},
		"root's program":            {map[Actor]uint64{{0, "/a"}: 900, {0, "/b"}: 50, {7, "/a"}: 20}, Actor{Path: "/a"}, true},
		"the larger of two":         {map[Actor]uint64{{1, "/a"}: 500, {2, "/b"}: 500}, Actor{UID: 1}, true},
		"root's program of no name": {map[Actor]uint64{{0, ""}: 900}, Actor{}, false},
		"many":                      {many, Actor{}, false},
		"nobody":                    {nil, Actor{}, false},
	} {
		if got, ok := Most(c.by, 1000, 100); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v %v, want %+v %v", name, got, ok, c.want, c.ok)
		}
	}
}

// TestRecordsAreCountedByActor: names in quotes and in hexadecimal, however many programs there are.
func TestRecordsAreCountedByActor(t *testing.T) {
	var g Gauge
	g.Add(record(0, `"/usr/bin/a"`), 3)
	g.Add(record(0, `"/usr/bin/a"`), 4)
	g.Add(record(1000, "2F746D702F612062"), 5) // /tmp/a b
	g.Add([]byte("audit(1700000000.000:1): cut"), 1)
	_, by, _ := g.Check(time.Unix(1, 0), 1)
	want := map[Actor]uint64{{0, "/usr/bin/a"}: 7, {1000, "/tmp/a b"}: 5}
	if fmt.Sprint(by) != fmt.Sprint(want) || g.Received() != 13 {
		t.Errorf("%v of %d, want %v", by, g.Received(), want)
	}
	for i := range 10 * maxActors {
		g.Add(record(i, `"/x"`), 1)
	}
	if _, by, over := g.Check(time.Unix(2, 0), 1); len(by) != maxActors || !over {
		t.Errorf("%d actors, over is %v", len(by), over)
	}
}
