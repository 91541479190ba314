package shell

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/extension/internal/golden"
	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlhosttest"
	"github.com/apiwatch/apiwatch/tables"
)

// shellDB has a dial and one of apiwatch's own tables.
func shellDB(t *testing.T) (*sqlhost.DB, *sqlhosttest.Dial) {
	t.Helper()
	d := new(sqlhosttest.Dial)
	d.Set(sqlhosttest.DialRow{Name: "a", N: 1}, sqlhosttest.DialRow{Name: "b\x1b[31m", N: 2})
	db, err := sqlhost.Open([]*tables.Table{{
		Name: "wide", Description: "A table of apiwatch's own.",
		Columns: []tables.Column{{Name: "only", Type: tables.Text, Description: "The only\none.", Hidden: true}},
	}}, sqlhost.With(d))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, d
}

func TestShellPipe(t *testing.T) {
	db, _ := shellDB(t)
	script, err := os.ReadFile(filepath.Join("testdata", "shell.sql"))
	if err != nil {
		t.Fatal(err)
	}
	// Both streams in one, so that the order shows.
	var out bytes.Buffer
	if err := Run(t.Context(), db, bytes.NewReader(script), &out, &out, Options{}); !errors.Is(err, ErrStatements) {
		t.Errorf("got %v", err)
	}
	golden.Check(t, "shell", out.String())

	for in, want := range map[string]string{
		"":                           "",
		"\n\n":                       "",
		"select 1 as a":              "a\n1\n", // without a semicolon at the end
		"select 1 as a;select 2":     "a\n1\n2\n2\n",
		"select 1 as a\r\n;":         "a\n1\n",
		".exit\nselect 1;":           "",
		"select 1 as a;\n.quit\n1;":  "a\n1\n",
		"select ';' as a, -- ;\n 2;": "a|2\n;|2\n",
		"-- nothing\n/* ; */;;":      "",
	} {
		var out, errw bytes.Buffer
		if err := Run(t.Context(), db, strings.NewReader(in), &out, &errw, Options{Mode: results.List}); err != nil || errw.Len() > 0 ||
			out.String() != want {
			t.Errorf("%q: %v %s gives %q; want %q", in, err, errw.String(), out.String(), want)
		}
	}
	long := strings.NewReader("select '" + strings.Repeat("x", maxStatement) + "';")
	if err := Run(t.Context(), db, long, io.Discard, io.Discard, Options{}); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("endless line: %v", err)
	}
}

// typist answers prompts as a person would.
type typist struct {
	answers []string // "^C" gives the line up, "^D" ends
	prompts []string
	history []string
}

func (y *typist) entered(line string) { y.history = append(y.history, line) }

func (y *typist) prompt(p string) (string, error) {
	y.prompts = append(y.prompts, p)
	if len(y.answers) == 0 {
		return "", io.EOF
	}
	a := y.answers[0]
	y.answers = y.answers[1:]
	switch a {
	case "^C":
		return "", errAborted
	case "^D":
		return "", io.EOF
	}
	return a, nil
}

func TestShellInteractive(t *testing.T) {
	db, d := shellDB(t)
	var out, errw bytes.Buffer
	interrupts := make(chan os.Signal, 1)
	s := &shell{db: db, out: &out, errw: &errw, interactive: true, interrupts: interrupts, format: results.Format{Mode: results.List}}
	y := &typist{answers: []string{
		"select n", "from dial", "where n = 1;", "select 'given up", "^C", "select oops;", "", ".mode json",
		"select 1 as x;", "select",
	}}
	if err := s.run(t.Context(), y); err != nil {
		t.Errorf("a person's error ends the shell: %v", err)
	}
	if want := "n\n1\n[\n  {\"x\":\"1\"}\n]\n\n"; out.String() != want {
		t.Errorf("got %q; want %q", out.String(), want)
	}
	if want := "error: preparing query: no such column: oops\n"; errw.String() != want {
		t.Errorf("errors %q; want %q", errw.String(), want)
	}
	first, next := firstPrompt, nextPrompt
	if want := []string{first, next, next, first, next, first, first, first, first, first, next}; !slices.Equal(y.prompts, want) {
		t.Errorf("prompts %q", y.prompts)
	}
	if want := []string{
		"select n", "from dial", "where n = 1;", "select 'given up", "select oops;", ".mode json", "select 1 as x;",
		"select",
	}; !slices.Equal(y.history, want) {
		t.Errorf("history %q", y.history)
	}

	// An interrupt ends the query and the shell goes on.
	errw.Reset()
	d.Hang(true)
	asked := d.Asked()
	s = &shell{db: db, out: io.Discard, errw: &errw, interactive: true, interrupts: interrupts}
	go func() {
		for {
			if d.Asked() > asked {
				interrupts <- os.Interrupt
				return
			}
		}
	}()
	if err := s.run(t.Context(), &typist{answers: []string{"select count(*) from dial;"}}); err != nil ||
		errw.String() != "error: interrupted\n" {
		t.Errorf("interrupted: %v %q", err, errw.String())
	}

	// The end of the context ends the shell, even while it waits for a line.
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	cancel()
	if err := Run(ctx, db, r, io.Discard, io.Discard, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

func TestComplete(t *testing.T) {
	db, _ := shellDB(t)
	s := &shell{db: db}
	for _, c := range []struct{ pending, before, after, head, want string }{
		{"", "sel", "", "", "select"},
		{"", "select * from d", "", "select * from ", "dial"},
		{"", "select * FROM ", " where", "select * FROM ", "dial wide"},
		{"", "select na", " from dial", "select ", "name natural"},
		{"", "select on", " from wide", "select ", "on only"},
		{"", "select na", "", "select ", "name natural"},
		{"", "select d.", " from dial d", "select d.", "n name"},
		{"", "select d.only", " from dial d", "select d.", ""},
		{"select é, ", "n", " from dial", "", "n name natural nocase not null"},
		{"", "select 'é', nam", "e from dial", "select 'é', ", "name"},
		{"", ".s", "", "", ".schema"},
		{"", ".schema w", "", ".schema ", "wide"},
		{"", ".mode ", "", ".mode ", "pretty line csv json list"},
		{"", ".timer o", "", ".timer ", "off on"},
		{"", "select 'unfinished sel", "", "select 'unfinished ", "select"},
		{"", "SELECT NA", "", "SELECT ", "NATURAL NAme"},
	} {
		s.pending = c.pending
		head, got, tail := s.complete(c.before+c.after, len([]rune(c.before)))
		if head != c.head || tail != c.after || !sameWords(got, c.want) {
			t.Errorf("%q|%q: %q %q %q; want %q %q", c.before, c.after, head, got, tail, c.head, c.want)
		}
	}
}

func sameWords(got []string, want string) bool {
	a, b := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(strings.Fields(want)))
	return slices.Equal(a, b)
}

func TestSaveHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	for _, text := range []string{"one\n", "two\n"} {
		if err := saveHistory(path, func(w io.Writer) (int, error) { return io.WriteString(w, text) }); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("history holds %q %v", b, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	if err := saveHistory(path, func(io.Writer) (int, error) { return 0, errors.New("full") }); err == nil {
		t.Error("a failed write is no error")
	}
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 1 {
		t.Errorf("files are left: %v %v", list, err)
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		s, pattern string
		want       bool
	}{
		{"abc", "%", true},
		{"abc", "abc", true},
		{"abc", "ab", false},
		{"abc", "a%", true},
		{"abc", "%c", true},
		{"abc", "a%c", true},
		{"abc", "%b%", true},
		{"abc", "a%b%c%", true},
		{"abc", "abc%c", false},
		{"abc", "b%", false},
		{"", "", true},
		{"aa", "a%a%a", false},
	} {
		if got := matches(c.s, c.pattern); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.s, c.pattern, got)
		}
	}
}

func TestTableListFitsTheTerminal(t *testing.T) {
	list := sqlhost.Local(tables.All(&tables.Data{}))
	for _, width := range []int{0, 40, 80, 200} {
		lines := strings.Split(strings.TrimSuffix(string(tableList(list, width)), "\n"), "\n")
		longest := 0
		for i, line := range lines {
			longest = max(longest, utf8.RuneCountInString(line))
			if !strings.HasPrefix(line, list[i].Name()) {
				t.Errorf("line %d of width %d is not of %s: %s", i, width, list[i].Name(), line)
			}
		}
		if len(lines) != len(list) || width > 0 && longest > width || width == 0 && longest < 150 {
			t.Errorf("at width %d there are %d lines of up to %d characters for %d tables", width, len(lines), longest, len(list))
		}
	}
}
