package sqlite

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/tables"
)

// letters is a table `letters(letter TEXT)` of three rows that keeps what its scans were asked.
type letters struct {
	asked []string
	fails error
}

func (l *letters) Name() string        { return "letters" }
func (l *letters) Declaration() string { return "CREATE TABLE x(letter TEXT)" }
func (l *letters) Open() Cursor        { return &letterScan{letters: l} }
func (l *letters) BestIndex(ix *IndexInfo) {
	for i := range ix.Constraints {
		if k := &ix.Constraints[i]; k.Usable && k.Column == 0 {
			k.Argument, k.Together, ix.Plan = 1, k.In, "by letter"
			return
		}
	}
}

type letterScan struct {
	letters *letters
	rest    string
}

func (s *letterScan) Filter(plan string, args []Argument) error {
	asked := plan
	for _, a := range args {
		asked += " " + a.Text
		for _, v := range a.List {
			asked += "," + v.Text
		}
	}
	s.letters.asked = append(s.letters.asked, asked)
	s.rest = "abc"
	return s.letters.fails
}
func (s *letterScan) Next() error                      { s.rest = s.rest[1:]; return nil }
func (s *letterScan) EOF() bool                        { return s.rest == "" }
func (s *letterScan) Column(int) (tables.Value, error) { return text(s.rest[:1]), nil }
func (s *letterScan) RowID() int64                     { return int64(s.rest[0]) }
func (s *letterScan) Close()                           {}

func text(s string) tables.Value { return tables.Value{Kind: tables.TextValue, Text: s} }

// rows runs a statement and gives its cells as texts.
func rows(c *Conn, sql string) (cells []string, err error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for {
		more, err := s.Step()
		if err != nil || !more {
			return cells, err
		}
		for i := range s.Columns() {
			cells = append(cells, s.Value(i).String())
		}
	}
}

func TestConn(t *testing.T) {
	l := new(letters)
	interrupted := false
	connections, scans := InUse()
	c, err := Open(Options{
		Tables: []Table{l}, MaxLength: 1000, Interrupted: func() bool { return interrupted },
		Functions: []Function{{Name: "shout", Args: 1, Call: func(args []tables.Value) (tables.Value, error) {
			if args[0].Kind == tables.Null {
				return tables.Value{}, errors.New("nothing to shout")
			}
			return text(strings.ToUpper(args[0].Text)), nil
		}}},
		Authorize: func(action Action, first, _ string) bool {
			return action != ActionRead || !strings.HasPrefix(first, "sqlite_")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		"SELECT shout(letter), rowid FROM letters":                           "A 97 B 98 C 99",
		"SELECT letter FROM letters WHERE letter IN ('a', 'c', 'x')":         "a c",
		"SELECT letter FROM letters WHERE letter = 'b'":                      "b",
		"SELECT count(*) FROM letters x JOIN letters y USING (letter)":       "3",
		"SELECT 'a' || char(0) || 'b', x'6100', 1.5, NULL, 9007199254740993": "a\x00b a\x00 1.5  9007199254740993",
	} {
		if got, err := rows(c, sql); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v; want %q", sql, got, err, want)
		}
	}
	l.asked = nil
	_, err = rows(c, "SELECT 1 FROM letters WHERE letter IN ('c', 'a')")
	if err != nil || !slices.Equal(l.asked, []string{"by letter ,a,c"}) {
		t.Errorf("an IN was asked as %q, %v", l.asked, err)
	}
	for sql, want := range map[string]string{
		"SELECT shout(NULL)":          "shout: nothing to shout",
		"SELECT * FROM sqlite_schema": "preparing query: access to ",
		"SELECT":                      "preparing query: incomplete input",
		"SELECT 1; SELECT 2":          "preparing query: it holds more than one statement",
		" -- nothing":                 "preparing query: it is empty",
		"SELECT '\x00'":               "preparing query: it holds a NUL byte",
		"SELECT zeroblob(1001)":       "string or blob too big",
	} {
		if _, err := rows(c, sql); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v; want %s", sql, err, want)
		}
	}
	l.fails = errors.New("no letters")
	if _, err := rows(c, "SELECT * FROM letters"); err == nil || err.Error() != "no letters" {
		t.Errorf("a table that fails: %v", err)
	}
	l.fails = ErrInterrupted
	if _, err := rows(c, "SELECT * FROM letters"); !errors.Is(err, ErrInterrupted) {
		t.Errorf("a table that ends the statement: %v", err)
	}
	interrupted = true
	_, err = rows(c, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
	if !errors.Is(err, ErrInterrupted) {
		t.Errorf("an endless statement: %v", err)
	}
	c.Close()
	if n, m := InUse(); n != connections || m != scans {
		t.Errorf("%d connections and %d scans are left; %d and %d before", n, m, connections, scans)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(Options{Tables: make([]Table, MaxTables+1)}); err == nil {
		t.Error("more tables than have numbers")
	}
}

func TestRegistry(t *testing.T) {
	var r registry[string]
	if r.get(1) != "" || r.size() != 0 {
		t.Error("an empty registry has something")
	}
	a, b := r.add("a"), r.add("b")
	r.remove(a)
	c := r.add("c")
	if a == 0 || b == a || c != a || r.get(b) != "b" || r.get(c) != "c" || r.get(9) != "" || r.size() != 2 {
		t.Errorf("numbers %d, %d, %d: %q %q, %d in use", a, b, c, r.get(b), r.get(c), r.size())
	}
}
