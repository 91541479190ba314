package syslog

import (
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

func TestOpen(t *testing.T) {
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct {
		line, host, tag, text string
		at                    time.Time
		year                  bool
	}{
		{"Nov 14 22:14:21 web01 audispd: a b", "web01", "audispd", "a b", at("0000-11-14T22:14:21Z"), false},
		{"Nov  4 22:14:21 web01 audit[77]: a b", "web01", "audit[77]", "a b", at("0000-11-04T22:14:21Z"), false},
		{"<13>Nov 14 22:14:21 web01 audit: a", "web01", "audit", "a", at("0000-11-14T22:14:21Z"), false},
		{"Nov 14 2023 22:14:21 web01 audit: a", "web01", "audit", "a", at("2023-11-14T22:14:21Z"), true},
		{"<13>1 2023-11-14T22:14:22.1+01:00 web01 app 7 - - a b", "web01", "app", "a b", at("2023-11-14T21:14:22.1Z"), true},
		{`<13>1 2023-11-14T22:14:22Z web01 app 7 id [a b="]\" x"][c] a [b]`, "web01", "app", "a [b]", at("2023-11-14T22:14:22Z"), true},
		{"41 <13>1 2023-11-14T22:14:22Z web01 app - - - a", "web01", "app", "a", at("2023-11-14T22:14:22Z"), true},
		{"2023-11-14T22:14:23.100000+00:00 web01 tag: a", "web01", "tag", "a", at("2023-11-14T22:14:23.1Z"), true},
		{"2023-11-14T22:14:23+0100 web01 tag: a", "web01", "tag", "a", at("2023-11-14T21:14:23Z"), true},
		{"1700000065.25 web01 audit: a", "web01", "audit", "a", at("2023-11-14T22:14:25.25Z"), true},
		{"Tue 2023-11-14 22:14:25 UTC web01 audit: a", "web01", "audit", "a", at("2023-11-14T22:14:25Z"), true},
		{"Nov 14 22:14:21 web01 kernel: [ 12.5] audit: a", "web01", "kernel", "audit: a", at("0000-11-14T22:14:21Z"), false},
		{"[ 12.5] audit: type=1300", "", "", "audit: type=1300", time.Time{}, false},
		{"[Tue Nov 14 22:14:24 2023] audit: type=1300", "", "", "audit: type=1300", time.Time{}, false},
		{"[ 12.5] web01 kernel: audit: type=1300", "web01", "kernel", "audit: type=1300", time.Time{}, false},
		{"Nov 14 22:14:21 web01 no tag here", "web01", "", "no tag here", at("0000-11-14T22:14:21Z"), false},
	} {
		e, ok := Open([]byte(c.line))
		if !ok || string(e.Host) != c.host || string(e.Tag) != c.tag || string(e.Text) != c.text || !e.At.Equal(c.at) || e.Year != c.year {
			t.Errorf("%s\nis %v host=%s tag=%s text=%s at=%v year=%v", c.line, ok, e.Host, e.Tag, e.Text, e.At, e.Year)
		}
	}
	for _, line := range []string{
		"", "x", "<13", "<999>x", "<13>", "Foo 14 22:14:21 h t: x", "type=SYSCALL", "[",
		"pe=SYSCALL msg=audit(1.0:1): x",
	} {
		if e, ok := Open([]byte(line)); ok {
			t.Errorf("%q is taken for a line of a system's log: %+v", line, e)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, line := range []string{
		"Nov 14 22:14:21 web01 audispd: a b", `<13>1 2023-11-14T22:14:22Z web01 app 7 id [a b="]\" x"][c] a`, "[ 12.5] audit: type=1300",
		"1700000065.25 web01 audit: a", "Tue 2023-11-14 22:14:25 UTC web01 audit: a",
	} {
		f.Add([]byte(line))
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, line []byte) {
		e, ok := Open(line)
		if ok && len(e.Host)+len(e.Tag)+len(e.Text) > len(line) {
			t.Fatalf("%q is more than itself: %+v", line, e)
		}
	})
}
