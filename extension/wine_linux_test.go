package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/scripts/racing"
)

// wineHost runs programs for Windows by Wine, in a Windows of its own that is removed afterwards.
type wineHost struct {
	wine string
	exe  string
	env  []string
}

// newWine sets a Windows up, or says why the test does not run. APIWATCH_WINDOWS_EXE names the program to test, for amd64;
// without it, it is built.
func newWine(t *testing.T) *wineHost {
	t.Helper()
	racing.Pointless(t, "another program does the work")
	exe := os.Getenv("APIWATCH_WINDOWS_EXE")
	if exe == "" && testing.Short() {
		t.Skipf("%s not run: it builds for Windows and sets a Windows up, which -short leaves out", t.Name())
	}
	wine, err := exec.LookPath("wine")
	if err != nil && exe != "" {
		t.Fatalf("%v: install it (Debian: apt-get install --no-install-recommends wine)", err)
	} else if err != nil {
		t.Skipf("%s not run: %v: install it (Debian: apt-get install --no-install-recommends wine)", t.Name(), err)
	}
	dir := t.TempDir()
	w := &wineHost{wine: wine, exe: exe}
	if w.exe == "" {
		w.exe = filepath.Join(dir, "apiwatch.ext.exe")
		goTool(t, "build", "-o", w.exe, ".")
	}
	prefix := filepath.Join(dir, "prefix")
	w.env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "DISPLAY=") || strings.HasPrefix(v, "WAYLAND_DISPLAY=") || strings.HasPrefix(v, "WINE")
	}), "WINEPREFIX="+prefix, "WINEARCH=win64", "WINEDEBUG=-all", "WINEDLLOVERRIDES=winemenubuilder.exe,mscoree,mshtml=", "HOME="+dir)
	t.Cleanup(func() {
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "wineserver", "-k")
		cmd.Env = w.env
		_ = cmd.Run() // nothing may run any more
		cmd = exec.CommandContext(context.WithoutCancel(t.Context()), "wineserver", "-w")
		cmd.Env = w.env
		_ = cmd.Run()
	})
	if r := w.start(t, "", wine, "wineboot", "--init"); r.code != 0 {
		t.Fatalf("setting a Windows up: exit status %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	// Go's runtime needs this library, which Wine has from 8.11 on.
	library := filepath.Join(prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(library); errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(library, forwarder("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// goTool builds for Windows.
func goTool(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// wineResult is how a program ended.
type wineResult struct {
	code           int
	stdout, stderr string
}

// start runs a program to its end. Its streams are files: what Wine leaves running in the background would keep pipes open.
func (w *wineHost) start(t *testing.T, stdin, name string, args ...string) wineResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	dir := t.TempDir()
	file := func(name, content string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if _, err := f.WriteString(content); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		return f
	}
	in, out, errs := file("in", stdin), file("out", ""), file("err", "")
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = w.env, in, out, errs
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	text := func(f *os.File) string {
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	return wineResult{cmd.ProcessState.ExitCode(), text(out), text(errs)}
}

// run runs the program under test. It must end with the status wanted, and not by a panic.
func (w *wineHost) run(t *testing.T, code int, args ...string) wineResult {
	t.Helper()
	return w.feed(t, code, "", args...)
}

func (w *wineHost) feed(t *testing.T, code int, stdin string, args ...string) wineResult {
	t.Helper()
	r := w.start(t, stdin, w.wine, append([]string{w.exe}, args...)...)
	if r.code != code || strings.Contains(r.stderr, "goroutine ") || strings.Contains(r.stderr, "panic") {
		t.Fatalf("%s: exit status %d, want %d\n%s\n%s", strings.Join(args, " "), r.code, code, r.stdout, r.stderr)
	}
	return r
}

// here runs the same command of the program for this system.
func here(t *testing.T, args ...string) wineResult {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, &app{stdout: &stdout, stderr: &stderr, stdin: strings.NewReader("")})
	return wineResult{code, stdout.String(), stderr.String()}
}

// The program for Windows is the same product: what needs no live system gives the same bytes as here, and what Wine has not is
// refused with a reason.
func TestWine(t *testing.T) {
	w := newWine(t)
	t.Chdir(filepath.Join("..", "testdata"))
	same := func(t *testing.T, args ...string) {
		t.Helper()
		want := here(t, args...)
		got := w.run(t, want.code, args...)
		if plain := strings.ReplaceAll(got.stdout, "\r\n", "\n"); plain != want.stdout || want.stdout == "" {
			t.Errorf("%s gives\n%s\nand here\n%s", strings.Join(args, " "), got.stdout, want.stdout)
		}
	}
	sample := filepath.ToSlash(filepath.Join("decode", "eventlog", "sample.evtx"))

	t.Run("version", func(t *testing.T) {
		if r := w.run(t, 0, "version"); !strings.HasPrefix(r.stdout, "apiwatch ") {
			t.Errorf("%q", r.stdout)
		}
	})
	t.Run("schema", func(t *testing.T) { same(t, "schema", "--json") })
	t.Run("detections", func(t *testing.T) { same(t, "detections", "--json") })
	t.Run("bad usage", func(t *testing.T) {
		if r := w.run(t, exitUsage, "nonsense"); !strings.Contains(r.stderr, "--help") {
			t.Errorf("%q", r.stderr)
		}
	})
	t.Run("query over an evtx", func(t *testing.T) {
		same(t, "query", "--json", "--replay", sample, "SELECT * FROM process_accesses")
		same(t, "query", "--json", "--replay", sample, "SELECT eid, time, pid, path, cmdline, parent_path, user FROM process_starts")
		same(t, "query", "--json", "--replay", sample, "SELECT collector, state, received, lost, reason FROM collector_health "+
			"WHERE collector = 'eventlog'")
	})
	t.Run("replay of an evtx", func(t *testing.T) {
		if n := len(sameFindings(t, w, sample)); n == 0 {
			t.Error("no finding")
		}
	})
	t.Run("replay of what fires", func(t *testing.T) {
		fire, err := filepath.Glob(filepath.Join("*", "fire-*.eventlog.xml"))
		if err != nil || len(fire) == 0 {
			t.Fatal("no recording fires", err)
		}
		var some []string
		for i := 0; i < len(fire); i += 1 + len(fire)/40 { // each costs up to a second
			some = append(some, fire[i])
		}
		if n := len(sameFindings(t, w, some...)); n < len(some) {
			t.Errorf("%d findings in %d recordings that fire", n, len(some))
		}
	})
	t.Run("replay of what is cut off", func(t *testing.T) {
		data, err := os.ReadFile(sample)
		if err != nil {
			t.Fatal(err)
		}
		cut := filepath.Join(t.TempDir(), "cut.evtx")
		if err := os.WriteFile(cut, data[:5500], 0o600); err != nil {
			t.Fatal(err)
		}
		if r := w.run(t, here(t, "replay", cut).code, "replay", cut); !strings.Contains(r.stderr, "1 file, ") {
			t.Errorf("%s%s", r.stdout, r.stderr)
		}
		if r := w.run(t, exitFailed, "replay", `C:\nothing.evtx`); !strings.Contains(r.stderr, `nothing.evtx`) {
			t.Errorf("%s", r.stderr)
		}
	})
	t.Run("doctor", func(t *testing.T) {
		r := w.run(t, exitFailed, "doctor")
		for _, want := range []string{"EvtSubscribe", "script_block_logging", "reg add"} {
			if !strings.Contains(r.stdout, want) {
				t.Errorf("doctor does not name %s\n%s", want, r.stdout)
			}
		}
	})
	t.Run("run", func(t *testing.T) {
		r := w.run(t, exitFailed, "run", "--for", "5s")
		if !strings.Contains(r.stderr, "nothing can be collected here: eventlog is off: ") || strings.Contains(r.stderr, "no findings") {
			t.Errorf("%s%s", r.stdout, r.stderr)
		}
	})
	t.Run("health says why", func(t *testing.T) {
		rows := w.rows(t, "SELECT collector, item, state, reason FROM collector_health WHERE collector NOT IN ('store', 'enrichment')")
		if len(rows) == 0 {
			t.Fatal("no collector has a row")
		}
		for _, r := range rows {
			if (r["state"] == "ok") != (r["reason"] == "") {
				t.Errorf("%v", r)
			}
		}
		rows = w.rows(t, "SELECT detection, state, reason FROM detections WHERE platform = 'windows'")
		if len(rows) == 0 {
			t.Error("no detection is for Windows")
		}
		for _, r := range rows {
			if r["state"] == "active" || r["reason"] == "" {
				t.Errorf("%s is %s (%s), although Wine has no event log", r["detection"], r["state"], r["reason"])
			}
		}
	})
	t.Run("live processes", func(t *testing.T) {
		own := "path LIKE '%\\" + filepath.Base(w.exe) + "'"
		for what, sql := range map[string]string{
			"its token's privileges": "SELECT pid FROM process_tokens WHERE " + own + " AND integrity_level <> '' " +
				"AND enabled_privileges LIKE '%SeChangeNotifyPrivilege%'",
			"others' tokens":         "SELECT pid FROM process_tokens WHERE path LIKE '%\\services.exe' AND user_sid LIKE 'S-1-%'",
			"threads":                "SELECT pid FROM thread_starts WHERE module LIKE '%.exe'",
			"the state of its scans": "SELECT item FROM collector_health WHERE collector = 'winproc' AND state IN ('ok', 'degraded')",
		} {
			if rows := w.rows(t, sql); len(rows) == 0 {
				t.Errorf("nothing tells of %s: %s", what, sql)
			}
		}
		for _, r := range w.rows(t, "SELECT pid, start, kind, permissions FROM rwx_mappings") {
			if kind, _ := r["kind"].(string); kind == "" || !strings.Contains(fmt.Sprint(r["permissions"]), "x") {
				t.Errorf("%v", r)
			}
		}
	})
	t.Run("event ids grow", func(t *testing.T) {
		base := func() string {
			w.run(t, 0, "query", "SELECT 1")
			data, err := os.ReadFile(filepath.Join(w.programData(), "apiwatch", "eid-base"))
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
		if first, second := base(), base(); len(first) != len(second) || first >= second {
			t.Errorf("the base of event ids was %s, then %s", first, second)
		}
	})
	// Wine makes lists of rights of the modes of files.
	t.Run("what everybody may write is not used", func(t *testing.T) {
		open := filepath.Join(t.TempDir(), "open")
		if err := os.Mkdir(open, 0o700); err != nil {
			t.Fatal(err)
		}
		if r := w.run(t, 0, "query", "--state-dir", open, "SELECT 1"); strings.Contains(r.stderr, "not safe") {
			t.Errorf("a folder of our own: %s", r.stderr)
		}
		file := write(t, t.TempDir(), "tuning.yaml", "AN1399:\n  Nonsense: 1\n")
		for mode, want := range map[os.FileMode]string{0o644: "no element", 0o666: "may be changed by"} {
			if err := os.Chmod(file, mode); err != nil {
				t.Fatal(err)
			}
			r := w.run(t, 0, "query", "--tuning", file, "SELECT 1")
			if !strings.Contains(r.stderr, want) || strings.Contains(r.stderr, "icacls") != (mode == 0o666) {
				t.Errorf("a tuning file of mode %04o: %s", mode, r.stderr)
			}
		}
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
		if r := w.run(t, exitFailed, "query", "--state-dir", open, "SELECT 1"); !strings.Contains(r.stderr, "may be changed by") ||
			!strings.Contains(r.stderr, "icacls") {
			t.Errorf("a folder for all to write: %s", r.stderr)
		}
	})
	t.Run("shell", func(t *testing.T) {
		if r := w.feed(t, 0, ".tables\nSELECT 20 + 22 AS sum;\n", "shell"); !strings.Contains(r.stdout, "rwx_mappings") ||
			!strings.Contains(r.stdout, "42") {
			t.Errorf("%s%s", r.stdout, r.stderr)
		}
	})
	t.Run("serve without osquery", func(t *testing.T) {
		if r := w.run(t, exitFailed, "--socket", `\\.\pipe\apiwatch-nobody`, "--timeout", "1"); !strings.Contains(r.stderr,
			"is osqueryd running") {
			t.Errorf("%s%s", r.stdout, r.stderr)
		}
	})
	// The tests of what only Windows has run there, too: the extension protocol over named pipes, and the calls of the sources.
	for _, pkg := range []string{"extension/osquery", "collectors/winproc", "collectors/etw"} {
		t.Run(pkg, func(t *testing.T) {
			t.Chdir(filepath.Join("..", pkg))
			test := filepath.Join(t.TempDir(), "package.test.exe")
			goTool(t, "test", "-c", "-o", test, ".")
			r := w.start(t, "", w.wine, test, "-test.short", "-test.timeout=150s")
			if r.code != 0 || !strings.Contains(r.stdout, "PASS") {
				t.Errorf("exit status %d\n%s%s", r.code, r.stdout, r.stderr)
			}
		})
	}
}

// sameFindings gives the findings of a replay, one a line, which must be those of a replay here.
func sameFindings(t *testing.T, w *wineHost, paths ...string) []string {
	t.Helper()
	args := append([]string{"replay", "--json"}, paths...)
	want := here(t, args...)
	got := w.run(t, want.code, args...)
	file := regexp.MustCompile(`"file":"[^"]*"`) // its name differs by system
	lines := func(s string) []string {
		return slices.Sorted(strings.Lines(file.ReplaceAllString(s, "")))
	}
	if !slices.Equal(lines(got.stdout), lines(want.stdout)) {
		t.Errorf("findings\n%s\nand here\n%s", got.stdout, want.stdout)
	}
	return lines(got.stdout)
}

func (w *wineHost) programData() string {
	for _, v := range w.env {
		if prefix, ok := strings.CutPrefix(v, "WINEPREFIX="); ok {
			return filepath.Join(prefix, "drive_c", "ProgramData")
		}
	}
	return ""
}

// rows gives the rows of a live query.
func (w *wineHost) rows(t *testing.T, sql string) []map[string]any {
	t.Helper()
	r := w.run(t, 0, "query", "--json", sql)
	var rows []map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &rows); err != nil {
		t.Fatalf("%s: %v\n%s", sql, err, r.stdout)
	}
	return rows
}
