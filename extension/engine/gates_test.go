package engine

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/extension/osquery"
	"github.com/apiwatch/apiwatch/extension/osquerytest"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/scripts/racing"
	"github.com/apiwatch/apiwatch/tables"
)

// What every detection must pass: it fires on its recordings and stays quiet on the near misses and on all benign work, a
// finding never changes once it is there, and over a full benign store it costs next to nothing.

var quiet = slog.New(slog.DiscardHandler)

// platforms are those that there are recordings of by now.
var platforms = []string{"linux", "windows"}

// cases gives the recordings of a detection: testdata/DETnnnn/{fire,quiet}-ANnnnn-<case>.<feed>.*.
func cases(t *testing.T, d *queries.Detection, verdict string) []string {
	t.Helper()
	return recordingsIn(t, d.Strategy, verdict+"-"+d.ID+"-*")
}

// benign gives the recordings of ordinary work on a platform.
func benign(t *testing.T, platform string) []string {
	t.Helper()
	var found []string
	for _, r := range recorded(t, recordingsIn(t, "benign", "*")...) {
		if slices.Contains(r.Format.Platforms, platform) {
			found = append(found, r.Path)
		}
	}
	if len(found) == 0 {
		t.Fatalf("testdata/benign holds no recording of %s", platform)
	}
	return found
}

// recorded gives recordings with their formats.
func recorded(t testing.TB, paths ...string) []Recording {
	t.Helper()
	found, _, err := Recordings(paths)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func recordingsIn(t *testing.T, folder, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", "..", "testdata", folder, pattern))
	if err != nil {
		t.Fatal(err)
	}
	found = slices.DeleteFunc(found, func(path string) bool { return strings.HasSuffix(path, ".truth.json") }) // what was done there
	return found
}

// detections gives those of every platform that has feeds.
func detections(t *testing.T) (out []queries.Detection) {
	t.Helper()
	for _, p := range platforms {
		out = append(out, detectionsOf(t, p)...)
	}
	return out
}

func detectionsOf(t *testing.T, platform string) []queries.Detection {
	t.Helper()
	ds, err := queries.ByPlatform(platform)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// common is the frame that tests use one after the other: making tables and compiling statements takes longer than most
// recordings do.
var common = sync.OnceValues(func() (*Frame, error) { return NewFrame("", quiet) })

func commonFrame(t testing.TB) *Frame {
	t.Helper()
	f, err := common()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// replayed gives an engine that has read recordings, and what it found. Its tables show its events until the next is made.
func replayed(t testing.TB, paths ...string) (*Engine, []event.Finding) {
	t.Helper()
	e, err := OverRecordings(recorded(t, paths...), "", commonFrame(t), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	var found []event.Finding
	e.evaluator.Found = func(f *event.Event) { found = append(found, *f.Detail.(*event.Finding)) }
	if err := e.Replay(t.Context()); err != nil {
		t.Fatalf("replaying %v: %v", paths, err)
	}
	for _, s := range e.evaluator.Status(nil) {
		if s.Errors > 0 {
			t.Errorf("%s: %s", s.Detection.ID, s.Reason)
		}
	}
	return e, found
}

// withoutRecording names the ways, by their files, for which no recording fires, and why.
var withoutRecording = map[string]string{
	"DET0498_make_token/AN1375_windows.session.sql": "it is silent without tuning: see TestTunedWays",
}

// TestEveryDetectionFiresAndStaysQuiet holds that every way of a detection fires on a recording of its own.
func TestEveryDetectionFiresAndStaysQuiet(t *testing.T) {
	for _, d := range detections(t) {
		t.Run(d.ID, func(t *testing.T) {
			fire, still := cases(t, &d, "fire"), cases(t, &d, "quiet")
			if len(fire) == 0 || len(still) == 0 {
				t.Fatalf("%d firing recordings and %d near misses, want at least one of each in testdata/%s", len(fire), len(still), d.Strategy)
			}
			fired := make(map[string]bool) // by the way's name
			for _, path := range fire {
				e, found := replayed(t, path)
				scheduled := make(map[string]map[string]map[string]string) // by the way's name
				for i := range d.Ways {
					scheduled[d.Ways[i].Name] = rowsByID(t, e.db, d.SQL(&d.Ways[i]))
				}
				n := 0
				for _, f := range found {
					if f.Detection == d.ID {
						n++
						fired[f.Way] = true
						if !strings.Contains(f.Summary, " ") {
							t.Errorf("%s: the summary %q is no sentence", filepath.Base(path), f.Summary)
						}
						if _, ok := scheduled[f.Way][f.ID]; !ok {
							t.Errorf("%s: the evaluator's finding_id %s is not the scheduled query's", filepath.Base(path), f.ID)
						}
					}
				}
				if n != 1 {
					t.Errorf("%s: %d findings, want 1: %v", filepath.Base(path), n, summaries(found))
				}
			}
			for _, w := range d.Ways {
				if _, known := withoutRecording[w.File]; fired[w.Name] == known {
					t.Errorf("%s: a firing recording is there: %v; withoutRecording names it: %v", w.File, fired[w.Name], known)
				}
			}
			for _, path := range still {
				_, found := replayed(t, path)
				for _, f := range found {
					if f.Detection == d.ID {
						t.Errorf("%s: a near miss fires: %s", filepath.Base(path), f.Summary)
					}
				}
			}
		})
	}
}

// TestTunedWays is for ways that report only where tuning asks for it.
func TestTunedWays(t *testing.T) {
	tuning := filepath.Join(t.TempDir(), "tuning.yaml")
	if err := os.WriteFile(tuning, []byte("AN1375:\n  ParentChildUserMismatch: 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	paths := recordingsIn(t, "DET0498", "fire-AN1375-session-used.*")
	e, err := OverRecordings(recorded(t, paths...), tuning, nil, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var ways []string
	e.evaluator.Found = func(f *event.Event) {
		if found := f.Detail.(*event.Finding); found.Detection == "AN1375" {
			ways = append(ways, found.Way)
		}
	}
	if err := e.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ways, []string{"session"}) {
		t.Errorf("found by the ways %q, want session alone", ways)
	}
}

func summaries(found []event.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.Detection+": "+f.Summary)
	}
	return out
}

// TestBenignWorkIsQuiet allows what an analytic's metadata names as benign: a debugger at work.
func TestBenignWorkIsQuiet(t *testing.T) {
	least := map[string]uint64{"linux": 200_000, "windows": 2_000}
	for _, platform := range platforms {
		t.Run(platform, func(t *testing.T) {
			paths := benign(t, platform)
			events, medium := uint64(0), 0
			for _, path := range paths {
				e, found := replayed(t, path)
				for _, s := range e.store.Stats() {
					if s.Kind != event.KindFinding {
						events += s.Added
					}
				}
				for _, f := range found {
					if f.Severity == "high" || f.Severity == "critical" {
						t.Errorf("%s: %s %s: %s", filepath.Base(path), f.Severity, f.Detection, f.Summary)
						continue
					}
					if f.Strategy != "T1106" { // published rules are as loud as they are
						medium++
					}
					t.Logf("%s: %s %s: %s", filepath.Base(path), f.Severity, f.Detection, f.Summary)
				}
			}
			if medium > 3 {
				t.Errorf("%d findings of lower severity on benign work, want at most 3", medium)
			}
			if events < least[platform] {
				t.Errorf("the benign recordings hold %d events, want at least %d", events, least[platform])
			}
			t.Logf("%d events of benign work in %d recordings", events, len(paths))
		})
	}
}

// TestFindingsAreLatched feeds each firing recording event by event: a row once returned stays, unchanged, while its events do.
func TestFindingsAreLatched(t *testing.T) {
	for _, d := range detections(t) {
		paths := cases(t, &d, "fire")
		if racing.On { // the code is the same for each: one of an analytic shows a race as well as all
			paths = paths[:1]
		}
		for _, path := range paths {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".gz"), func(t *testing.T) {
				e, _ := replayed(t, path)
				all := e.store.Select(store.Query{Kinds: slices.DeleteFunc(event.Kinds(), func(k event.Kind) bool { return k == event.KindFinding })})
				checkPrefixes(t, &d, all)
			})
		}
	}
}

func checkPrefixes(t *testing.T, d *queries.Detection, all []*event.Event) {
	t.Helper()
	store := store.NewStore(0, 1)
	f := commonFrame(t)
	*f.data = tables.Data{Store: store, Tuning: f.tuning.Rows}
	before := make([]map[string]map[string]string, len(d.Ways))
	rows := 0
	for i, ev := range all {
		store.Add(*ev)
		rows = 0
		for j := range d.Ways {
			now := rowsByID(t, f.db, d.SQL(&d.Ways[j]))
			for id, row := range before[j] {
				if !maps.Equal(row, now[id]) {
					t.Fatalf("after event %d of %d (%s) a finding changed\nfrom %v\nto   %v", i+1, len(all), ev.API.Name, row, now[id])
				}
			}
			before[j] = now
			rows += len(now)
		}
	}
	if rows == 0 {
		t.Error("no finding after the last event")
	}
}

func rowsByID(t *testing.T, db *sqlhost.DB, sql string) map[string]map[string]string {
	t.Helper()
	out := make(map[string]map[string]string)
	err := rowsOf{db}.Each(t.Context(), sql, func(columns, values []string) {
		row := make(map[string]string)
		for i, c := range columns {
			row[c] = values[i]
		}
		if _, twice := out[row["finding_id"]]; twice {
			t.Errorf("finding_id %s stands in two rows", row["finding_id"])
		}
		out[row["finding_id"]] = row
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// throughSocket serves tables as the extension does and gives a database whose every scan goes through the socket.
func throughSocket(t testing.TB, all []*tables.Table) (*sqlhost.DB, *osquerytest.Host) {
	t.Helper()
	socket := filepath.Join(shortDir(t), "em")
	manager, err := osquerytest.Listen(socket, osquerytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(manager.Close)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- osquery.Serve(ctx, osquery.Options{Socket: socket, Tables: all, Logger: quiet, Version: "test"})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	wait, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	if _, err := manager.Wait(wait, "apiwatch"); err != nil {
		t.Fatal(err)
	}
	var remote []sqlhost.Backend
	for _, table := range manager.Tables() {
		remote = append(remote, table)
	}
	db, err := sqlhost.Open(nil, sqlhost.With(remote...), sqlhost.AsOsquery())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, manager
}

// TestDialect holds every detection to osquery's functions and syntax.
func TestDialect(t *testing.T) {
	all, err := queries.All()
	if err != nil {
		t.Fatal(err)
	}
	clock := regexp.MustCompile(`(?i)'now'|current_(time|date|timestamp)|\b(random|unixepoch)\s*\(\s*\)`)
	for _, d := range all {
		for i := range d.Ways {
			w := &d.Ways[i]
			if err := sqlhost.CheckDialect(d.SQL(w)); err != nil {
				t.Errorf("%s: %v", w.File, err)
			}
			if m := clock.FindString(w.Body); m != "" {
				t.Errorf("%s reads the clock or chance: %s", w.File, m)
			}
		}
	}
}

// TestTableNames: one name that osquery has already would leave the whole extension unregistered.
func TestTableNames(t *testing.T) {
	taken := make(map[string]bool)
	for _, name := range osquerytest.TableNames() {
		taken[name] = true
	}
	if len(taken) < 250 {
		t.Fatalf("only %d names of osquery's tables are known", len(taken))
	}
	for _, table := range tables.All(&tables.Data{}) {
		if taken[table.Name] {
			t.Errorf("osquery has a table %s", table.Name)
		}
	}
}

// shortDir gives a temporary folder whose path leaves room for a unix socket's name.
func shortDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if len(dir) > 70 {
		t.Fatalf("the temporary folder's path is too long for a socket: %s: set TMPDIR", dir)
	}
	return dir
}

// TestDetectionsAreAnchored holds that each detection can be passed over while its anchors find nothing.
func TestDetectionsAreAnchored(t *testing.T) {
	f := commonFrame(t)
	*f.data = tables.Data{Store: store.NewStore(0, 1), Tuning: f.tuning.Rows}
	for _, d := range detections(t) {
		for i := range d.Ways {
			w := &d.Ways[i]
			scans, ok, err := f.db.Anchors(t.Context(), d.SQL(w))
			switch {
			case err != nil:
				t.Errorf("%s: %v", w.File, err)
			case !ok || len(scans) == 0:
				t.Errorf("%s: has rows without any event, or reads more than events: it runs whenever anything happens", w.File)
			}
			for _, s := range scans {
				if !slices.Contains(w.Tables, s.Table.Name) {
					t.Errorf("%s asks %s, which its tables do not name", w.File, s.Table.Name)
				}
				if len(s.Query.Constraints) == 0 {
					t.Errorf("%s asks %s for every row", w.File, s.Table.Name)
				}
			}
		}
	}
}

// decoded gives a recording of single records.
func decoded(path string) string {
	return filepath.Join("..", "..", "testdata", "decode", filepath.FromSlash(path))
}
