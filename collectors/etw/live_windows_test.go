package etw

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// TestLive opens a session of its own: where Windows gives one, our own start of a program must show; where it does not, or this is no
// Windows that has sessions, health must say why. Nothing may be left of it.
func TestLive(t *testing.T) {
	const name = "apiwatch-test"
	s := NewLive(Options{Session: name, every: 100 * time.Millisecond})
	woken := make(chan struct{}, 1)
	if err := s.Open(t.Context(), func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}); err != nil {
		t.Fatal(err)
	}
	h := health(s, "session")
	switch h.State {
	case "ok":
		out := &sink{lineage: lineage.New(new(recording.Facts))}
		for deadline := time.Now().Add(time.Minute); len(out.events) == 0 && time.Now().Before(deadline); {
			if p, err := os.StartProcess(os.Args[0], []string{os.Args[0], "-test.run", "^$"}, &os.ProcAttr{}); err == nil {
				_, _ = p.Wait()
			}
			select {
			case <-woken:
			case <-time.After(time.Second):
			}
			if err := s.Read(); err != nil {
				t.Fatal(err)
			}
			s.Decode(out)
		}
		if h = health(s, "session"); len(out.events) == 0 && h.State == "ok" {
			t.Errorf("a session without events: %+v", h)
		}
		t.Logf("%d events, %+v", len(out.events), h)
	case "off", "failed":
		if h.Reason == "" {
			t.Errorf("refused without a reason: %+v", h)
		}
		t.Logf("refused: %s", h.Reason)
	default:
		t.Errorf("%+v", h)
	}
	for _, p := range s.Health()[1:] {
		if p.State != "ok" {
			if p.Reason == "" {
				t.Errorf("%+v", p)
			}
			t.Logf("%s: %s", p.Item, p.Reason)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := new(winSystem).query(name); err == nil && h.State == "ok" {
		t.Error("the session is still there")
	} else if err != nil {
		if _, ok := errors.AsType[status](err); !ok {
			t.Errorf("%v is no code of Windows", err)
		}
	}
}
