package etw

import (
	"errors"
	"strings"
	"testing"
)

// TestRefusals says why a session or a provider cannot be had, and what to do.
func TestRefusals(t *testing.T) {
	f := newFake()
	f.startErr = errAccessDenied
	s, _ := opened(t, f)
	if h := health(s, "session"); h.State != "off" || !strings.Contains(h.Reason, "LocalSystem") || f.unguarded != 1 {
		t.Errorf("%+v", h)
	}
	if h := health(s, "provider:Microsoft-Windows-RPC"); h.State != "off" {
		t.Errorf("%+v", h)
	}
	if err := s.Close(); err != nil || f.stopped != 0 || f.claims != 0 {
		t.Errorf("%v, stopped %d sessions that never began, %d claims left", err, f.stopped, f.claims)
	}
	for _, err := range []error{errAlreadyExists, errAccessDenied} { // another process has the session: it stays
		f = newFake()
		f.claimErr = err
		s, _ = opened(t, f)
		if h := health(s, "session"); h.State != "off" || !strings.Contains(h.Reason, "another apiwatch") || f.starts != 0 {
			t.Errorf("%+v, %d starts", h, f.starts)
		}
	}

	// A session that is not there, or may not be read, is not left behind.
	for _, c := range []struct {
		id   uint16
		open error
		want string
	}{{0, nil, "Wine"}, {3, errAccessDenied, "LocalSystem"}} {
		f = newFake()
		f.id, f.openErr = c.id, c.open
		s, _ = opened(t, f)
		if h := health(s, "session"); h.State != "off" || !strings.Contains(h.Reason, c.want) || f.stopped != 1 || f.running {
			t.Errorf("%+v, stopped %d", h, f.stopped)
		}
	}

	f = newFake()
	f.refuses[protectedProvider] = errAccessDenied
	f.refuses["Microsoft-Windows-RPC"] = errNoResources
	f.oldFor = "Microsoft-Windows-Win32k"
	f.protectErr = errors.New("not ours")
	s, _ = opened(t, f)
	for item, want := range map[string]string{
		"provider:" + protectedProvider: "protected process", "provider:Microsoft-Windows-RPC": "eight sessions",
	} {
		if h := health(s, item); h.State != "off" || !strings.Contains(h.Reason, want) {
			t.Errorf("%+v", h)
		}
	}
	if h := health(s, "provider:Microsoft-Windows-Security-Auditing"); h.State != "ok" || !strings.Contains(h.Detail, "Security log") {
		t.Errorf("%+v", h)
	}
	if h := health(s, "provider:Microsoft-Windows-Kernel-Process"); h.State != "ok" {
		t.Errorf("%+v", h)
	}
	if h := health(s, "provider:Microsoft-Windows-Win32k"); h.State != "degraded" || !strings.Contains(h.Reason, "filter") {
		t.Errorf("%+v", h)
	}
	eventually(t, "the session's losses are known", func() bool { return health(s, "session").Lost == 2 })
	if h := health(s, "session"); h.State != "degraded" || !strings.Contains(h.Reason, "not ours") ||
		!strings.Contains(h.Detail, "realtime_buffers_lost=1") {
		t.Errorf("%+v", h)
	}
	if err := s.Close(); err != nil || f.stopped != 1 || f.unguarded != 1 || f.claims != 0 {
		t.Errorf("%v stopped %d unguarded %d claims %d", err, f.stopped, f.unguarded, f.claims)
	}
	if err := s.Close(); err != nil || f.stopped != 1 {
		t.Error("closed twice")
	}
}

// TestStopped starts a session again that somebody stopped, and a provider that somebody disabled, and says so.
func TestStopped(t *testing.T) {
	f := newFake()
	s, woken := opened(t, f)
	f.put1(t, rawEvent{provider: guidOf("Microsoft-Windows-RPC"), id: 5}, nil)
	<-woken
	f.kill()
	eventually(t, "the session is there again", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.starts == 2 && f.running
	})
	eventually(t, "health says so", func() bool {
		h := health(s, "session")
		return h.State == "degraded" && strings.Contains(h.Reason, "stopped the session 1 times")
	})
	// What the first session lost is not forgotten: 2 of each.
	eventually(t, "losses add up", func() bool { l := health(s, "session").Lost; return l == 2 || l == 4 })

	registry := guidOf("Microsoft-Windows-Kernel-Registry")
	f.mu.Lock()
	before := f.asked["Microsoft-Windows-Kernel-Registry"]
	f.disabled[registry] = true
	f.mu.Unlock()
	eventually(t, "the provider is asked again", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.asked["Microsoft-Windows-Kernel-Registry"] > before && !f.disabled[registry]
	})
	eventually(t, "health says that too", func() bool { return strings.Contains(health(s, "session").Detail, "disabled=1") })

	f.mu.Lock()
	f.stubborn = registry
	f.mu.Unlock()
	eventually(t, "a provider that stays disabled is given up", func() bool {
		h := health(s, "provider:Microsoft-Windows-Kernel-Registry")
		return h.State == "degraded" && strings.Contains(h.Reason, "again and again")
	})

	// A session that cannot be started again is a failure until it can.
	f.mu.Lock()
	f.startErr = errNoResources
	f.mu.Unlock()
	f.kill()
	eventually(t, "the failure shows", func() bool {
		h := health(s, "session")
		return h.State == "failed" && strings.Contains(h.Reason, "as many sessions")
	})
	f.mu.Lock()
	f.startErr = nil
	f.mu.Unlock()
	eventually(t, "it comes back", func() bool { return health(s, "session").State == "degraded" })
}
