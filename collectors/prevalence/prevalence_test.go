package prevalence_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/prevalence"
	"github.com/apiwatch/apiwatch/collectors/statefile"
)

var begin = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// of makes an event of a program.
func of(at time.Time, path, parent, user string) event.Event {
	p := &event.Process{Path: path, User: user}
	if parent != "" {
		p.Creator = &event.Creator{Path: parent}
	}
	return event.Event{Kind: event.KindProcessStart, TimeNS: at.UnixNano(), Process: p}
}

func one(t *testing.T, l *prevalence.Learner, path string) prevalence.Combination {
	t.Helper()
	all := slices.Collect(l.All(func(c *prevalence.Combination) bool { return c.Path == path }))
	if len(all) != 1 {
		t.Fatalf("%s is known as %+v", path, all)
	}
	return all[0]
}

func count(l *prevalence.Learner) int {
	return len(slices.Collect(l.All(func(*prevalence.Combination) bool { return true })))
}

func TestLearn(t *testing.T) {
	l := prevalence.New(0, 0)
	for hour := range 50 {
		for range 10 {
			l.Learn([]event.Event{of(begin.Add(time.Duration(hour)*time.Hour), "/bin/a", "/bin/sh", "root")})
		}
	}
	other := of(begin, "/bin/a", "/bin/sh", "root")
	other.Kind = event.KindFileAccess
	contained := of(begin, "/bin/a", "/bin/sh", "root")
	contained.Process.ContainerRuntime = "docker"
	image := of(begin, "/bin/a", "/bin/sh", "root")
	image.Process.ContainerRuntime, image.Process.ContainerImage = "docker", "debian:12"
	elsewhere := of(begin, "/bin/a", "/bin/sh", "root")
	elsewhere.Host = &event.Host{Name: "pc"}
	l.Learn([]event.Event{
		of(begin, "/bin/a", "/bin/sh", "root"), of(begin, "/bin/a", "/bin/sh", "web"), of(begin, "/bin/a", "", "root"), other, contained, image,
		elsewhere,
		{Kind: event.KindFinding, TimeNS: 1, Process: other.Process},
		{Kind: event.KindProcessStart, TimeNS: 1},
		of(time.Unix(0, 0), "/x", "", ""),
	})
	all := slices.Collect(l.All(func(*prevalence.Combination) bool { return true }))
	if len(all) != 7 {
		t.Fatalf("%d combinations: %+v", len(all), all)
	}
	want := prevalence.Combination{
		Kind: event.KindProcessStart, Path: "/bin/a", ParentPath: "/bin/sh", User: "root", Seen: 501, Hours: 50, Days: 3,
		FirstNS: begin.UnixNano(), LastNS: begin.Add(49 * time.Hour).UnixNano(),
	}
	if all[0] != want {
		t.Errorf("got %+v, want %+v", all[0], want)
	}
	for _, c := range all[1:] {
		if c.Seen != 1 || c.Hours != 1 || c.Days != 1 {
			t.Errorf("seen once: %+v", c)
		}
	}
}

// TestWords: nothing is rare or new while the host is learned; then a program that was there is not new, and one that comes is, until
// three days have seen it, however often it runs.
func TestWords(t *testing.T) {
	l := prevalence.New(0, 0)
	at := func(d time.Duration, path string, times int) (rare, fresh, learning bool) {
		for range times {
			l.Learn([]event.Event{of(begin.Add(d), path, "/bin/sh", "root")})
		}
		c, k := one(t, l, path), l.Known()
		return k.Rare(&c), k.New(&c), k.Learning()
	}
	const day = 24 * time.Hour
	if rare, fresh, learning := at(0, "/bin/seldom", 1); rare || fresh || !learning {
		t.Error("called so while it learns")
	}
	if rare, fresh, learning := at(prevalence.Learning-time.Second, "/tmp/x", 1); rare || fresh || !learning {
		t.Error("called so at the end of learning")
	}
	if rare, fresh, learning := at(prevalence.Learning, "/tmp/attack", 100_000); !rare || !fresh || learning {
		t.Errorf("a hundred thousand times within a second: rare %v, new %v, learning %v", rare, fresh, learning)
	}
	if rare, fresh, _ := at(prevalence.Learning, "/bin/seldom", 1); !rare || fresh {
		t.Errorf("seen on two days: rare %v, new %v", rare, fresh)
	}
	if rare, fresh, _ := at(prevalence.Learning+16*time.Hour, "/tmp/attack", 1); !rare || !fresh {
		t.Errorf("beyond midnight: rare %v, new %v", rare, fresh)
	}
	if rare, fresh, _ := at(prevalence.Learning+day, "/tmp/attack", 1); !rare || fresh {
		t.Errorf("a day later: rare %v, new %v", rare, fresh)
	}
	if rare, fresh, _ := at(prevalence.Learning+2*day, "/tmp/attack", 1); rare || fresh {
		t.Errorf("on the third day: rare %v, new %v", rare, fresh)
	}
}

// TestClock: an event of the future does not end the learning.
func TestClock(t *testing.T) {
	l := prevalence.New(0, 0)
	l.Now = func() time.Time { return begin.Add(time.Hour) }
	l.Learn([]event.Event{of(begin, "/a", "", ""), of(begin.Add(1000*time.Hour), "/a", "", ""), of(begin.Add(2000*time.Hour), "/a", "", "")})
	if h := l.Health(); h.State != "ok" || h.Reason != "" || !strings.HasSuffix(h.Detail, " learning_until=2026-03-09T08:00:00Z") {
		t.Errorf("health %+v", h)
	}
	if c := one(t, l, "/a"); c.Hours != 2 || c.Days != 1 || !l.Known().Learning() {
		t.Errorf("%+v, known %+v", c, l.Known())
	}
}

// TestFlood: what was seen on several days outlives any number of combinations that were not, whether they are many or large; and of those
// the longest unseen go first.
func TestFlood(t *testing.T) {
	for name, path := range map[string]func(i int) string{
		"many":  func(i int) string { return fmt.Sprintf("/tmp/%d", i) },
		"large": func(i int) string { return fmt.Sprintf("/tmp/%s%d", strings.Repeat("x", 4000), i) },
	} {
		const limit, bytes = 1000, 400_000
		l := prevalence.New(limit, bytes)
		for day := range 3 {
			for i := range 500 {
				l.Learn([]event.Event{of(begin.Add(time.Duration(day)*24*time.Hour), fmt.Sprintf("/bin/%d", i), "/bin/sh", "root")})
			}
		}
		for i := range 20_000 {
			l.Learn([]event.Event{of(begin.Add(72*time.Hour), path(i), "/bin/sh", "web")})
		}
		if n := count(l); n > limit || n <= 500 {
			t.Errorf("%s: %d combinations", name, n)
		}
		for i := range 500 {
			if c := one(t, l, fmt.Sprintf("/bin/%d", i)); c.Days != 3 {
				t.Errorf("%s: %+v", name, c)
			}
		}
		one(t, l, path(19_999))
		if h := l.Health(); h.State != "degraded" || h.Lost == 0 || !strings.Contains(h.Detail, "lasting=500") ||
			!strings.Contains(h.Detail, "forgotten_lasting=0") {
			t.Errorf("%s: health %+v", name, h)
		}
	}
}

// TestTable: whatever comes and goes, what is known is found again.
func TestTable(t *testing.T) {
	l := prevalence.New(64, 0)
	for i := range 5000 {
		at := begin.Add(time.Duration(i) * 7 * time.Minute)
		path := fmt.Sprintf("/bin/%d", i*i%97)
		l.Learn([]event.Event{of(at, path, "", ""), of(at, path, "", ""), of(at, fmt.Sprintf("/tmp/%d", i), "", "")})
		if c := one(t, l, path); c.LastNS != at.UnixNano() || c.Seen < 2 {
			t.Fatalf("%+v", c)
		}
		if n := count(l); n > 64 {
			t.Fatalf("%d combinations", n)
		}
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	if err := statefile.MakeDir(dir); err != nil {
		t.Fatal(err)
	}
	l := prevalence.New(0, 0)
	if err := l.Load(dir); err != nil {
		t.Fatalf("without a file: %v", err)
	}
	for i := range 300 {
		l.Learn([]event.Event{of(begin.Add(time.Duration(i)*time.Hour), fmt.Sprintf("/bin/\xff\n%d", i%100), "/bin/sh", "root")})
	}
	if err := l.Save(dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "prevalence")
	written, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	all := func(l *prevalence.Learner) []string {
		var out []string
		for c := range l.All(func(*prevalence.Combination) bool { return true }) {
			out = append(out, fmt.Sprintf("%+v", c))
		}
		slices.Sort(out)
		return out
	}
	again := prevalence.New(0, 0)
	if err := again.Load(dir); err != nil || !slices.Equal(all(again), all(l)) || again.Known() != l.Known() {
		t.Errorf("read again: %v", err)
	}
	again.Learn([]event.Event{of(begin.Add(400*time.Hour), "/bin/\xff\n7", "/bin/sh", "root")})
	if c := one(t, again, "/bin/\xff\n7"); c.Seen != 4 || c.Hours != 4 {
		t.Errorf("it goes on with %+v", c)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := l.Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Error("written again although nothing came since")
	}
	damaged := func(what string, data []byte, least, most int) {
		t.Helper()
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		l := prevalence.New(0, 0)
		err := l.Load(dir)
		if n := count(l); err == nil || n < least || n > most || l.Health().State != "degraded" {
			t.Errorf("%s: %d are known, %v, health %+v", what, n, err, l.Health())
		}
		l.Learn([]event.Event{of(begin, "/after", "", "")})
		one(t, l, "/after")
	}
	damaged("torn", written[:len(written)/2], 30, 70)
	damaged("empty", nil, 0, 0)
	damaged("another", []byte("{}"), 0, 0)
	flipped := slices.Clone(written)
	flipped[len(flipped)-20] ^= 1
	damaged("a bit", flipped, 99, 99)
	flipped = slices.Clone(written)
	flipped[len("apiwatch prevalence 1\n")+9] ^= 1
	damaged("the first record", flipped, 0, 0)
	if err := os.WriteFile(name, written, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := prevalence.New(0, 0).Load(dir); !errors.Is(err, statefile.ErrUntrusted) {
		t.Errorf("a file that anybody may write: %v", err)
	}
}

// TestNoAllocation: what is known costs no memory.
func TestNoAllocation(t *testing.T) {
	l := prevalence.New(0, 0)
	events := []event.Event{of(begin, "/usr/bin/a", "/bin/sh", "root"), of(begin, "/usr/bin/b", "/bin/sh", "root")}
	l.Learn(events)
	if n := testing.AllocsPerRun(100, func() { l.Learn(events) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLearn(b *testing.B) {
	l := prevalence.New(0, 0)
	var events []event.Event
	for i := range 128 {
		events = append(events, of(begin, fmt.Sprintf("/usr/lib/systemd/systemd-%d", i), "/usr/lib/systemd/systemd", "root"))
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Learn(events)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}

// BenchmarkFlood: every event is of a combination that nobody saw before, in a learner that is full.
func BenchmarkFlood(b *testing.B) {
	l := prevalence.New(0, 0)
	e := []event.Event{of(begin, "", "/bin/sh", "root")}
	names := make([]string, 1<<17)
	for i := range names {
		names[i] = fmt.Sprintf("/tmp/%d", i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e[0].Process.Path = names[i%len(names)]
		i++
		l.Learn(e)
	}
}

func BenchmarkSelect(b *testing.B) {
	l := full()
	for b.Loop() {
		n := 0
		for range l.All(func(c *prevalence.Combination) bool { return strings.EqualFold(c.Path, "/usr/bin/77") }) {
			n++
		}
		if n != 1 {
			b.Fatal(n)
		}
	}
}

func BenchmarkSave(b *testing.B) {
	l, dir := full(), b.TempDir()
	for b.Loop() {
		l.Learn([]event.Event{of(begin, "/usr/bin/7", "/bin/sh", "root")})
		if err := l.Save(dir); err != nil {
			b.Fatal(err)
		}
	}
}

func full() *prevalence.Learner {
	l := prevalence.New(0, 0)
	for i := range prevalence.MaxEntries {
		l.Learn([]event.Event{of(begin, fmt.Sprintf("/usr/bin/%d", i), "/bin/sh", "root")})
	}
	return l
}
