package results

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/extension/internal/golden"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlhosttest"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

const hostileSQL = `SELECT 1 AS n, NULL AS absent, 'it''s "quoted", é' AS t, 2.5 AS "a b"
	UNION ALL SELECT -20, '', 'line' || char(10) || 'two' || char(9, 13, 27) || '[31m' || char(127, 155, 8238, 8203, 65279), 'x'
	UNION ALL SELECT 3, x'ff00', replace(hex(zeroblob(40)), '00', 'ab '), '|'`

func write(t *testing.T, f Format, sql string) string {
	t.Helper()
	db, err := sqlhost.Open(nil, sqlhost.With(new(sqlhosttest.Dial)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := f.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormats(t *testing.T) {
	for _, m := range Modes() {
		for _, width := range []int{0, 60} {
			got := write(t, Format{Mode: m, Width: width}, hostileSQL)
			golden.Check(t, fmt.Sprintf("format.%s.%d", m, width), got)
			if m == CSV && width == 0 {
				continue // exact, for programs
			}
			if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 || !utf8.ValidString(got) {
				t.Errorf("%s lets %q through", m, got[i:])
			}
		}
	}
	var rows []map[string]string
	if err := json.Unmarshal([]byte(write(t, Format{Mode: JSON}, "SELECT 1 AS a, 2 AS b, 3 AS a")), &rows); err != nil ||
		len(rows) != 1 || rows[0]["a"] != "3" || rows[0]["b"] != "2" {
		t.Errorf("got %v %v", rows, err)
	}
	if err := json.Unmarshal([]byte(write(t, Format{Mode: JSON}, "SELECT 1 WHERE 0")), &rows); err != nil || len(rows) != 0 {
		t.Errorf("got %v %v", rows, err)
	}
	records, err := csv.NewReader(strings.NewReader(write(t, Format{Mode: CSV}, hostileSQL))).ReadAll()
	if err != nil || len(records) != 4 || !strings.HasPrefix(records[2][2], "line\ntwo\t") || records[1][2] != `it's "quoted", é` {
		t.Errorf("got %q %v", records, err)
	}
	if got := write(t, Format{}, "SELECT name, n FROM dial"); got != "+------+---+\n| name | n |\n+------+---+\n" {
		t.Errorf("no rows: %s", got)
	}
}

// After the rows that widths come from, a table goes on in constant memory: ruled anew, or on a terminal cut.
func TestPrettyStreams(t *testing.T) {
	sql := fmt.Sprintf(`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d)
		SELECT CASE n WHEN %[1]d THEN 'longer' ELSE 'x' END AS t FROM c`, holdRows+10)
	lines := strings.Split(write(t, Format{}, sql), "\n")
	if got := strings.Join(lines[len(lines)-5:], "\n"); got != "| x |\n+--------+\n| longer |\n+--------+\n" {
		t.Errorf("end of the table:\n%s", got)
	}
	lines = strings.Split(write(t, Format{Width: 80}, sql), "\n")
	if got := strings.Join(lines[len(lines)-4:], "\n"); got != "| x |\n| … |\n+---+\n" {
		t.Errorf("end of the table on a terminal:\n%s", got)
	}
	if len(lines) != holdRows+10+5 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		widths []int
		width  int
		want   string
	}{
		{[]int{5, 10}, 80, "[5 10]"},
		{[]int{5, 100}, 40, "[5 28]"},
		{[]int{50, 100}, 67, "[30 30]"},
		{[]int{50, 100, 3}, 10, "[12 12 3]"},
		{nil, 80, "[]"},
	} {
		got := append([]int{}, c.widths...)
		fit(got, c.width)
		if fmt.Sprint(got) != c.want {
			t.Errorf("fit(%v, %d) = %v; want %s", c.widths, c.width, got, c.want)
		}
	}
}

func TestWriteFails(t *testing.T) {
	d := new(sqlhosttest.Dial)
	d.Set(sqlhosttest.DialRow{Name: "a", N: 1})
	d.Hang(true)
	db, err := sqlhost.Open(nil, sqlhost.With(d))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := db.Query(ctx, "SELECT name FROM dial")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	var b bytes.Buffer
	if n, err := (Format{Mode: JSON}).Write(&b, rows); err == nil || n != 0 || strings.Contains(b.String(), "]") {
		t.Errorf("an ended query gives %d rows, %v, %s", n, err, b.String())
	}
	d.Hang(false)
	if rows, err = db.Query(t.Context(), "SELECT name FROM dial"); err != nil {
		t.Fatal(err)
	}
	if _, err := (Format{}).Write(broken{}, rows); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("a broken pipe gives %v", err)
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "a", "\x1b[2J", "\u009b\u202e\xff", "é…"} {
		f.Add(s, 3)
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, s string, width int) {
		v := Visible(s)
		if strings.ContainsFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(v) || Visible(v) != v {
			t.Fatalf("%q became %q", s, v)
		}
		if width = width&63 + 1; utf8.RuneCountInString(Cut(v, width)) > width {
			t.Fatalf("%q cut to %d is %q", v, width, Cut(v, width))
		}
	})
}
