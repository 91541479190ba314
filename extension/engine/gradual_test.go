package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/scripts/racing"
)

// longRecording is from how many events on a recording is too long to look after each of them.
const longRecording = 500

// TestFindingsAsEventsCome: who looks after every event, as a live collector may, finds what a replay finds, which looks once. What
// completes a chain may be of another kind than what begins it, and be the last that comes.
func TestFindingsAsEventsCome(t *testing.T) {
	racing.Pointless(t, "it runs in one goroutine")
	recordings := 0
	for _, path := range recordingsIn(t, "*", "fire-*") {
		if strings.HasSuffix(path, ".truth.json") {
			continue
		}
		e, found := replayed(t, path)
		all := e.store.Select(store.Query{Kinds: slices.DeleteFunc(event.Kinds(), func(k event.Kind) bool { return k == event.KindFinding })})
		if len(all) > longRecording {
			continue
		}
		recordings++
		want := make(map[string]int)
		for i := range found {
			want[said(&found[i])]++
		}
		later, err := OverRecordings(recorded(t, path), "", commonFrame(t), quiet)
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]int)
		later.evaluator.Found = func(f *event.Event) { got[said(f.Detail.(*event.Finding))]++ }
		for _, ev := range all {
			later.store.Add(*ev)
			later.evaluator.Evaluate(t.Context())
		}
		later.Close()
		if !maps.Equal(got, want) {
			t.Errorf("%s: event by event it is %v, want %v", path, got, want)
		}
	}
	if recordings < 400 {
		t.Errorf("%d recordings were looked at", recordings)
	}
}

func said(f *event.Finding) string { return fmt.Sprint(f.Detection, " ", f.Way, ": ", f.Summary) }
