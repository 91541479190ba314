package sqlhost

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlite"
	"github.com/apiwatch/apiwatch/tables"
)

// plain is a SQLite without virtual tables, the oracle.
type plain struct{ conn *sqlite.Conn }

func newPlain(t testing.TB) plain {
	t.Helper()
	c, err := sqlite.Open(sqlite.Options{Functions: functions, MaxLength: maxText})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return plain{c}
}

func (p plain) query(sql string) (rows [][]Value, err error) {
	s, err := p.conn.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for {
		more, err := s.Step()
		if err != nil || !more {
			return rows, err
		}
		row := make([]Value, len(s.Columns()))
		for i := range row {
			row[i] = s.Value(i)
		}
		rows = append(rows, row)
	}
}

// copyTable makes a real table of all that a virtual one holds.
func (p plain) copyTable(t testing.TB, b Backend) {
	t.Helper()
	do := func(sql string) {
		if _, err := p.query(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	do(strings.Replace(declaration(b), "CREATE TABLE x", "CREATE TABLE "+b.Name(), 1))
	rows, err := b.Generate(t.Context(), &tables.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for row := range rows {
		values := make([]string, len(b.Columns()))
		for i := range values {
			values[i] = literal(row.Value(i))
		}
		do("INSERT INTO " + b.Name() + " VALUES (" + strings.Join(values, ", ") + ")")
	}
}

func literal(v Value) string {
	switch v.Kind {
	case tables.TextValue:
		if strings.ContainsRune(v.Text, 0) {
			return "CAST(x'" + hex.EncodeToString([]byte(v.Text)) + "' AS TEXT)"
		}
		return "'" + strings.ReplaceAll(v.Text, "'", "''") + "'"
	case tables.Null:
		return "NULL"
	default:
		return v.String()
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// hostile are texts that break what trusts its input.
var hostile = []string{
	"", " ", "a\x00b", "a", "A", "\x00", "\xff\xfe", "\xed\xa0\x80", `"`, `'`, `''; DROP TABLE x; --`, "%", "_", `\`, `C:\Windows\x.exe`,
	"/usr/bin/gdb", "/usr/bin/GDB", "/usr/bin/gdb ", "/opt/ÄÖ/ß", "/opt/äö/SS", "\u212a", "k", "5", "05", " 5", "5.0", "5e0", "1;2",
	"\x1b[31m", "\u2028",
	strings.Repeat("x", 5000), "/usr/bin/gdb\x00.bak", "a%b_c", "/proc/self/exe", "γΣς", "ΓΣΣ", "NULL", "null", "-1", "9223372036854775807",
	"0x10",
}

// randomStore is full of events with few, often colliding values.
func randomStore(r *rand.Rand, n int) *store.Store {
	s := store.NewStore(0, 1)
	for range n {
		s.Add(randomEvent(r))
	}
	return s
}

func randomProcess(r *rand.Rand) *event.Process {
	return &event.Process{
		PID: int64(r.IntN(12)), PPID: int64(r.IntN(3)), Key: pick(r, hostile), Path: pick(r, hostile), Cmdline: pick(r, hostile),
		User: pick(r, hostile), Creator: &event.Creator{Key: pick(r, hostile), Path: pick(r, hostile)}, ContainerID: pick(r, hostile),
		UID: int64(r.IntN(4) - 1), EUID: int64(r.IntN(4) - 1), GID: int64(r.IntN(3) - 1), EGID: -1, AUID: -1, Session: -1, ExeUID: -1,
	}
}

func randomEvent(r *rand.Rand) event.Event {
	e := event.Event{
		TimeNS: r.Int64N(20) * 500_000_000, LogSource: &event.LogSource{Name: "auditd:SYSCALL", Provider: "audit"}, Process: randomProcess(r),
		API: event.APINamed(pick(r, []string{"ptrace", "mprotect", "PTRACE", "openat"})), Outcome: event.Outcome(r.IntN(3)),
		Exit: r.Int64N(7) - 3, NArgs: 4, Args: [event.MaxArgs]uint64{uint64(r.IntN(20)), 1, 2, 3}, Path: pick(r, hostile),
		Kind: pick(r, []event.Kind{event.KindPtrace, event.KindPtrace, event.KindCall, event.KindMemory}),
	}
	switch r.IntN(20) {
	case 0:
		e.TimeNS = -e.TimeNS
	case 1:
		e.TimeNS = 1<<62 + r.Int64N(3)
	case 2, 3, 4, 5:
		e.API = nil
	}
	if r.IntN(3) > 0 {
		e.Target = randomProcess(r)
	}
	return e
}

// queryMaker writes random queries over api_calls and ptrace_events.
type queryMaker struct {
	*rand.Rand
	texts, numbers []string
}

func newQueryMaker(r *rand.Rand, b Backend) *queryMaker {
	q := &queryMaker{Rand: r}
	for _, c := range b.Columns() {
		if strings.HasSuffix(c.Name, "_like") || strings.HasSuffix(c.Name, "_unlike") || strings.HasSuffix(c.Name, "_outside") {
			continue // has no value of its own: TestAskedByPatterns, TestAskedByAllowLists
		}
		if c.Type == tables.Text {
			q.texts = append(q.texts, c.Name)
		} else {
			q.numbers = append(q.numbers, c.Name)
		}
	}
	// What has an index or bounds comes more often.
	for range 6 {
		q.texts = append(q.texts, "process_key", "target_process_key", "api", "path")
		q.numbers = append(q.numbers, "eid", "time", "time_ns", "pid", "uid")
	}
	return q
}

func (q *queryMaker) text() string {
	s := pick(q.Rand, hostile)
	switch q.IntN(8) {
	case 0:
		s = strings.ToUpper(s)
	case 1:
		s += " "
	}
	return s
}

func (q *queryMaker) value(text bool) string {
	switch q.IntN(24) {
	case 0:
		return "NULL"
	case 1:
		return "x'" + hex.EncodeToString([]byte(q.text())) + "'"
	case 2:
		return "5.0"
	case 3:
		return "(SELECT min(pid) + 1 FROM ptrace_events)"
	case 4:
		return "(SELECT max(path) FROM ptrace_events)"
	case 5:
		text = !text
	}
	if text {
		if q.IntN(3) == 0 {
			return pick(q.Rand, []string{"'ptrace'", "'PTRACE'", "'mprotect'", "'Openat'"})
		}
		return literal(textValue(q.text()))
	}
	n := int64(q.IntN(15) - 2)
	switch q.IntN(6) {
	case 0:
		n = int64(q.IntN(400))
	case 1:
		n *= 500_000_000
	case 2:
		return strconv.FormatFloat(float64(n)/2, 'g', -1, 64)
	}
	return strconv.FormatInt(n, 10)
}

func (q *queryMaker) atom(alias string) string {
	text := q.IntN(2) == 0
	column := pick(q.Rand, q.numbers)
	if text {
		column = pick(q.Rand, q.texts)
	}
	column = alias + column
	collate := ""
	if text && q.IntN(4) == 0 {
		collate = pick(q.Rand, []string{" COLLATE NOCASE", " COLLATE RTRIM", " COLLATE BINARY"})
	}
	switch q.IntN(12) {
	case 0, 1, 2:
		return column + " = " + q.value(text) + collate
	case 3, 4:
		return column + " " + pick(q.Rand, []string{"<", ">", "<=", ">=", "!=", "<>"}) + " " + q.value(text) + collate
	case 5:
		return column + pick(q.Rand, []string{" IS ", " IS NOT "}) + q.value(text)
	case 6:
		return column + pick(q.Rand, []string{" IS NULL", " IS NOT NULL"})
	case 7, 8:
		var values []string
		for range q.IntN(5) {
			values = append(values, q.value(text))
		}
		return column + collate + pick(q.Rand, []string{" IN (", " NOT IN ("}) + strings.Join(values, ", ") + ")"
	case 9:
		// Of one type: on a virtual table, SQLite itself compares text IN (SELECT number) as text.
		from := []string{"pid", "eid", "target_pid"}
		if text {
			from = []string{"process_key", "target_process_key", "path"}
		}
		return column + " IN (SELECT " + pick(q.Rand, from) +
			" FROM " + pick(q.Rand, []string{"api_calls", "ptrace_events"}) + " WHERE pid = " + strconv.Itoa(q.IntN(14)) + ")"
	case 10:
		pattern := q.text()
		if q.IntN(2) == 0 {
			pattern = pick(q.Rand, []string{"%" + pattern, pattern + "%", "%b%", "/usr/%", "_%", "%gdb", "ptr_ce", "/opt/Ä%"})
		}
		like := column + pick(q.Rand, []string{" LIKE ", " NOT LIKE "}) + literal(textValue(pattern))
		if q.IntN(4) == 0 {
			like += ` ESCAPE '\'`
		}
		return like
	default:
		if q.IntN(2) == 0 {
			return column + " GLOB " + literal(textValue(pick(q.Rand, []string{"*", "/usr/*", "?", "[a-z]*", "*gdb"})))
		}
		return column + " BETWEEN " + q.value(text) + " AND " + q.value(text)
	}
}

func (q *queryMaker) condition(alias string, depth int) string {
	if depth == 0 || q.IntN(4) == 0 {
		return q.atom(alias)
	}
	switch q.IntN(7) {
	case 0:
		return "NOT (" + q.condition(alias, depth-1) + ")"
	case 1, 2, 3:
		return "(" + q.condition(alias, depth-1) + " OR " + q.condition(alias, depth-1) + ")"
	default:
		return "(" + q.condition(alias, depth-1) + " AND " + q.condition(alias, depth-1) + ")"
	}
}

func (q *queryMaker) query() string {
	table := pick(q.Rand, []string{"api_calls", "ptrace_events"})
	switch q.IntN(10) {
	case 0: // a join, also of text with number, which compares as numbers
		on := pick(q.Rand, []string{
			"a.process_key = b.target_process_key", "a.pid = b.ppid", "a.path = b.pid", "a.eid = b.eid + 1", "a.pid = b.target_path",
			"a.target_process_key = b.process_key AND b.time >= a.time", "a.process_key = b.process_key COLLATE NOCASE",
		})
		return "SELECT a.eid, b.eid FROM " + table + " a " + pick(q.Rand, []string{"JOIN", "LEFT JOIN"}) + " ptrace_events b ON " + on +
			" WHERE " + q.condition("a.", 1) + " ORDER BY a.eid, b.eid LIMIT 500"
	case 1: // the shape of a detection
		return "WITH anchor AS MATERIALIZED (SELECT * FROM " + table + " WHERE " + q.condition("", 1) + ")" +
			" SELECT eid, path FROM api_calls WHERE process_key IN (SELECT process_key FROM anchor)" +
			" AND time >= (SELECT min(time) - 2 FROM anchor) ORDER BY eid"
	case 2:
		return "SELECT api, count(*), min(path), group_concat(eid) FROM (SELECT * FROM " + table + " WHERE " + q.condition("", 2) +
			" ORDER BY eid) GROUP BY api ORDER BY 1, 2"
	case 3:
		return "SELECT a.eid FROM " + table + " a WHERE EXISTS (SELECT 1 FROM ptrace_events b WHERE b.target_process_key = a.process_key AND " +
			q.condition("b.", 1) + ") ORDER BY 1"
	case 4:
		return "SELECT DISTINCT path, uid FROM " + table + " WHERE " + q.condition("", 2) + " ORDER BY path DESC, uid LIMIT " +
			strconv.Itoa(q.IntN(20)) + " OFFSET " + strconv.Itoa(q.IntN(10))
	case 5:
		return "SELECT eid FROM " + table + " WHERE (process_key, pid) IN (SELECT target_process_key, pid FROM ptrace_events WHERE " +
			q.condition("", 1) + ") ORDER BY 1"
	case 6:
		return "SELECT eid FROM " + table + " WHERE " + q.condition("", 2) + " UNION SELECT eid FROM ptrace_events WHERE " + q.condition("", 1) +
			" ORDER BY 1"
	default:
		return "SELECT eid, time, path, process_key, target_path, cmdline FROM " + table + " WHERE " + q.condition("", 3) +
			" ORDER BY eid" + pick(q.Rand, []string{"", "", " LIMIT 3", " LIMIT 2 OFFSET 3", " DESC LIMIT 4"})
	}
}

// TestAgainstPlainTables runs random queries on virtual tables and on real tables with the same rows.
func TestAgainstPlainTables(t *testing.T) {
	const stores, queries = 2, 300
	some := 0
	for seed := range uint64(stores) {
		r := rand.New(rand.NewPCG(seed, 7))
		all := tables.All(&tables.Data{Store: randomStore(r, 150)})
		oracle := newPlain(t)
		var maker *queryMaker
		for _, b := range Local(all) {
			if b.Name() == "ptrace_events" || b.Name() == "api_calls" {
				oracle.copyTable(t, b)
				maker = newQueryMaker(r, b)
			}
		}
		// Columns of both tables, so that either can be asked.
		both := func(name string) bool {
			return slices.ContainsFunc(all, func(x *tables.Table) bool { return x.Name == "api_calls" && x.ColumnIndex(name) >= 0 })
		}
		maker.texts = slices.DeleteFunc(maker.texts, func(s string) bool { return !both(s) })
		maker.numbers = slices.DeleteFunc(maker.numbers, func(s string) bool { return !both(s) })

		ours, err := Open(all)
		if err != nil {
			t.Fatal(err)
		}
		defer ours.Close()
		likeOsquery, err := Open(all, AsOsquery())
		if err != nil {
			t.Fatal(err)
		}
		defer likeOsquery.Close()
		for range queries {
			sql := maker.query()
			want, wantErr := oracle.query(sql)
			for name, db := range map[string]*DB{"host": ours, "as osquery": likeOsquery} {
				got, err := db.QueryAll(t.Context(), sql)
				if (err != nil) != (wantErr != nil) {
					t.Fatalf("%s: %s\ngives %v, a plain table %v", name, sql, err, wantErr)
				}
				if err == nil && fmt.Sprint(got.Rows) != fmt.Sprint(want) {
					t.Fatalf("seed %d, %s: %s\ngives %d rows, a plain table %d:\n%.600q\n%.600q", seed, name, sql, len(got.Rows), len(want),
						fmt.Sprint(got.Rows), fmt.Sprint(want))
				}
			}
			if len(want) > 0 {
				some++
			}
		}
	}
	if some < stores*queries/3 {
		t.Errorf("only %d of %d queries found anything: the test proves little", some, stores*queries)
	}
	t.Logf("%d of %d queries found something", some, stores*queries)
}

// TestAskedByPatterns holds the columns that are asked for by patterns against SQLite's LIKE.
func TestAskedByPatterns(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	store := store.NewStore(4000, 1)
	words := append([]string{"whoami /all", `reg query "HKLM\Software" /v a_b`, "net user", "100%", "täst ÄÖ", "powershell -enc QQBB"},
		hostile...)
	for i := range 1500 {
		e := randomEvent(r)
		e.Kind, e.Detail = event.KindProcessStart, &event.Exec{}
		e.API, e.NArgs = event.APINamed("CreateProcess"), 0
		e.Process.Cmdline = pick(r, words) + pick(r, words)
		if i%2 == 0 {
			e.Process.Windows = &event.WindowsProcess{Description: pick(r, words)}
		}
		store.Add(e)
	}
	all := tables.All(&tables.Data{Store: store})
	oracle := newPlain(t)
	for _, b := range Local(all) {
		if b.Name() == "process_starts" {
			oracle.copyTable(t, b)
		}
	}
	db, err := Open(all)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	pattern := func() string {
		runes := []rune(strings.ToValidUTF8(pick(r, words), "_"))
		if len(runes) > 12 {
			at := r.IntN(len(runes) - 8)
			runes = runes[at : at+r.IntN(8)]
		}
		s := []byte(pick(r, []string{"", "%", "_", "%%"}) + string(runes) + pick(r, []string{"", "%", "_%", `\%`, `\`}))
		if len(s) > 2 && r.IntN(3) == 0 {
			s[r.IntN(len(s))] = pick(r, []byte("%_\\aZ"))
		}
		return string(s)
	}
	some := 0
	for range 400 {
		column := pick(r, []string{"cmdline", "description"})
		var in, or []string
		for range 1 + r.IntN(4) {
			p := pattern()
			if p == "" { // osquery tells no empty text
				continue
			}
			in = append(in, literal(textValue(p)))
			or = append(or, column+" LIKE "+literal(textValue(p))+` ESCAPE '\'`)
		}
		if len(in) == 0 {
			continue
		}
		rest := pick(r, []string{"", " AND pid < 6", " AND " + column + " LIKE '%a%'", " AND " + column + " LIKE '%whoami%'"}) + " ORDER BY eid"
		got, err := db.QueryAll(t.Context(), "SELECT eid FROM process_starts WHERE "+column+"_like IN ("+strings.Join(in, ", ")+")"+rest)
		if err != nil {
			t.Fatal(err)
		}
		want, err := oracle.query("SELECT eid FROM process_starts WHERE (" + strings.Join(or, " OR ") + ")" + rest)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.Rows) != fmt.Sprint(want) {
			t.Errorf("%s like %q%s: %d rows, LIKE finds %d\n%.300v\n%.300v", column, in, rest, len(got.Rows), len(want), got.Rows, want)
		}
		if len(want) > 0 {
			some++
		}
	}
	if some < 100 {
		t.Errorf("only %d of 400 queries found anything: the test proves little", some)
	}
}
