package engine

import (
	"path/filepath"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// TestEverySpellingIsFound holds that AN0975 finds a change of the registry however a command or a script asks for it: each computer of
// the recording runs one, in another spelling.
func TestEverySpellingIsFound(t *testing.T) {
	e, found := replayed(t, filepath.Join("..", "..", "testdata", "decode", "eventlog", "registry-requests.xml"))
	told, asked := make(map[string]string), make(map[string]bool)
	for _, ev := range e.store.Select(store.Query{Kinds: event.Kinds()}) {
		switch d := ev.Detail.(type) {
		case *event.Exec:
			told[ev.On().Name] = ev.Caller().Cmdline
		case *event.ScriptBlock:
			told[ev.On().Name] = d.Text
		case *event.Finding:
			if d.Detection == "AN0975" {
				asked[ev.On().Name] = true
			}
		}
	}
	if len(told) != 100 || len(found) < len(told) {
		t.Errorf("%d computers and %d findings, want 100 each", len(told), len(found))
	}
	for computer, text := range told {
		if !asked[computer] {
			t.Errorf("not found: %s", text)
		}
	}
}
