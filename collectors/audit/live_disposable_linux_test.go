package audit

import (
	"os"
	"strings"
	"testing"
)

// needDisposable skips where the machine is to be used again: what these tests set lasts until it is started anew, or stops it.
func needDisposable(t *testing.T) {
	t.Helper()
	if os.Getenv("APIWATCH_DISPOSABLE") == "" {
		t.Skip("NOT RUN: APIWATCH_DISPOSABLE is not set: it leaves audit in a state that lasts until a reboot (make kernels has such machines)")
	}
	if os.Geteuid() != 0 {
		t.Skip("NOT RUN: works on the kernel's audit and needs root")
	}
}

// TestLiveImmutable: with enabled=2 nothing may be set; the source reads what comes, and says so.
func TestLiveImmutable(t *testing.T) {
	needDisposable(t)
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, s := range settings {
		if s.name == "enabled" {
			if err := c.set(s, immutable); err != nil {
				t.Fatal(err)
			}
		}
	}
	before, err := c.status()
	if err != nil || before.Enabled != immutable {
		t.Fatalf("the kernel says %+v, %v", before, err)
	}
	barred(t, "enabled=2")
	unchanged(t, c, before)
}

// TestLivePanics: with failure=2 a record that is lost stops the machine; no rule of ours may be a reason for one.
func TestLivePanics(t *testing.T) {
	needDisposable(t)
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	const wordFailure, maskFailure = 2, 2
	if err := c.set(setting{"failure", maskFailure, wordFailure, func(s *status) *uint32 { return &s.Failure }}, panics); err != nil {
		t.Fatal(err)
	}
	before, err := c.status()
	if err != nil || before.Failure != panics {
		t.Fatalf("the kernel says %+v, %v", before, err)
	}
	barred(t, "failure=2")
	unchanged(t, c, before)
}

// unchanged compares the settings.
func unchanged(t *testing.T, c *control, before status) {
	t.Helper()
	after, err := c.status()
	after.Backlog, after.Lost = before.Backlog, before.Lost // which the machine counts
	if err != nil || after != before {
		t.Errorf("settings were %+v, are %+v, %v", before, after, err)
	}
}

// barred opens a source where nothing may be set: it reads along, adds no rule, and says why.
func barred(t *testing.T, why string) {
	t.Helper()
	l := open(t, Options{})
	if h := l.row("socket"); !strings.Contains(h.Detail, "mode=multicast") || !strings.Contains(h.Reason, why) {
		t.Errorf("the socket is %s, %s: %s", h.State, h.Detail, h.Reason)
	}
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	rules, err := c.rules()
	if err != nil || len(rules) > 0 {
		t.Errorf("%d rules are there, %v", len(rules), err)
	}
	for _, h := range l.Health() {
		if strings.HasPrefix(h.Item, "rule:") && (h.State != "off" || !strings.Contains(h.Reason, why)) {
			t.Errorf("%s is %s: %s", h.Item, h.State, h.Reason)
		}
	}
}
