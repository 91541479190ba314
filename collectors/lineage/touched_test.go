package lineage

import (
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
)

func TestTouched(t *testing.T) {
	for _, c := range []struct {
		cwd   string
		words []string
		want  []string
	}{
		{"/w", []string{"touch", "-d", "2 weeks ago", "/a"}, []string{"/a"}},
		{"/w", []string{"touch", "-amt", "201501010000", "a", "/b", "-c", "../c"}, []string{"/w/a", "/b", "/c"}},
		{"/w", []string{"touch", "--date=2010-01-01 12:00:00", "--", "-d", "x y"}, []string{"/w/-d", "/w/x y"}},
		{"/w", []string{"touch", "-r", "/etc/passwd", "a"}, []string{"/w/a"}},
		{"", []string{"touch", "-d", "now", "/a", "b"}, nil}, // where b lies is not known
		{"/w", []string{"touch"}, nil},
		{"/w", nil, nil},
	} {
		if got := touched(c.words, c.cwd); !slices.Equal(got, c.want) {
			t.Errorf("%q in %s touches %q, want %q", c.words, c.cwd, got, c.want)
		}
	}
}

// TestTouchOfSeveralFiles: touch sets one file after the other by a descriptor that is gone when anybody could look at it.
func TestTouchOfSeveralFiles(t *testing.T) {
	l := New(&fakeHost{})
	d := execed(1e9, 100, 1, "/usr/bin/touch", "touch -d 2 weeks ago /a /b /c")
	x := d.Event.Detail.(*event.Exec)
	x.Ends = string(event.AppendArgumentEnds(nil, []int{5, 8, 20, 23, 26, 29}, 29))
	l.Resolve(d)
	var got []string
	for i, path := range []string{"", "/b", "", ""} { // of one the record tells
		c := called(2e9+int64(i), 100, 1, "/usr/bin/touch", "utimensat", event.KindFileChange)
		c.Event.Path, c.Event.Detail = path, &event.FileChange{Action: "times"}
		l.Resolve(c)
		got = append(got, c.Event.Path)
	}
	if want := []string{"/a", "/b", "/c", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
