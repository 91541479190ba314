package recording

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
)

// TestFactsAreBounded: however many and however long a recording's facts are, only so much of them is kept, and it is said.
func TestFactsAreBounded(t *testing.T) {
	var f Facts
	line := func(key, value string) error {
		_, err := f.Line(FactLine, []byte(`audit(0:0): {"fact":"user","key":"`+key+`","value":"`+value+`"}`))
		return err
	}
	if err := line("0", strings.Repeat("a", maxFact)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a fact of %d bytes: %v", maxFact, err)
	}
	long, said := strings.Repeat("a", maxFact/2), 0
	for i := range 2 * maxFacts / (maxFact / 2) {
		if err := line(fmt.Sprint(i), long); err != nil {
			said++
		}
	}
	if f.bytes > maxFacts || said != 1 || f.over == 0 {
		t.Errorf("%d bytes are kept, %d left out, said %d times", f.bytes, f.over, said)
	}
	if f.User(1) != long {
		t.Error("a fact from before the bound is not known")
	}
	for i := range 1000 { // what comes again takes no more room
		if err := line("1", long[:i]); err != nil {
			t.Fatal(err)
		}
	}
	if f.User(1) != long[:999] {
		t.Error("the last of what is said of one is not what counts")
	}
}

type anyUser struct{ collectors.NoHost }

func (anyUser) User(uid int64) string { return strings.Repeat("u", 1000) + fmt.Sprint(uid) }

// TestRecordingIsBounded: who records remembers only so much of what was written.
func TestRecordingIsBounded(t *testing.T) {
	f := Facts{Origin: anyUser{}, Recorder: NewRecorder(io.Discard)}
	for uid := range int64(3 * maxFacts / 1000) {
		f.User(uid)
		if f.bytes > maxFacts {
			t.Fatalf("%d bytes after %d", f.bytes, uid)
		}
		if uid%100 == 0 {
			if err := f.Recorder.EndRound(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
