// Package sqlhost embeds SQLite the way osquery does: every table is virtual, every query is read-only, and a table is
// asked with the same constraints that osqueryd would pass on. It runs apiwatch's queries without osqueryd, and it is
// how tests run them. It imports sqlite (SQLite itself), tables and sqltext; what prints, schedules or asks for queries imports it.
package sqlhost

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlite"
	"github.com/apiwatch/apiwatch/tables"
)

// OsqueryVersion is the release of osquery whose functions, dialect and behaviour this host has.
const OsqueryVersion = "5.23.0"

// Value is one cell of a result. A blob arrives as a text of its bytes.
type Value = tables.Value

func textValue(s string) Value   { return Value{Kind: tables.TextValue, Text: s} }
func integerValue(n int64) Value { return Value{Kind: tables.IntValue, Int: n} }
func floatValue(f float64) Value { return Value{Kind: tables.FloatValue, Float: f} }
func boolValue(b bool) Value     { return integerValue(map[bool]int64{true: 1}[b]) }
func isNullValue(values ...Value) bool {
	return slices.ContainsFunc(values, func(v Value) bool { return v.Kind == tables.Null })
}

// Column is a column of a result.
type Column = sqlite.Column

// ErrClosed is the error of every use of a database after Close.
var ErrClosed = errors.New("the database is closed")

// Option changes how Open works.
type Option func(*DB)

// AsOsquery makes every scan cost what it costs osqueryd, for tests of query budgets: a call's rows are all fetched
// whatever LIMIT says, and a call is made even where an IN is empty or a value is NULL, so that nothing can match. (An
// empty IN cannot be expressed in osquery's protocol: the table is asked without it and gives everything.)
func AsOsquery() Option { return func(db *DB) { db.asOsquery = true } }

// With adds tables that are not apiwatch's own, such as osquery's own. A table of the same name as an earlier one is
// left out.
func With(backends ...Backend) Option { return func(db *DB) { db.add(backends) } }

// AnyDialect admits functions and syntax that osquery's SQLite does not have.
func AnyDialect() Option { return func(db *DB) { db.anyDialect = true } }

// keepIdle is how many connections wait for the next query. One is usual; more run at once only for a moment.
const keepIdle = 4

// keepStatements is how many compiled statements a connection keeps.
const keepStatements = 512

// DB answers SQL over virtual tables. It is safe for concurrent use; databases share nothing but what their tables do.
type DB struct {
	backends   []Backend
	columns    [][]tables.Column
	index      map[string]int // by lower-case name
	asOsquery  bool
	anyDialect bool

	mu     sync.Mutex
	idle   []*session
	closed bool
}

// Open makes a database of the tables.
func Open(ts []*tables.Table, options ...Option) (*DB, error) {
	db := &DB{index: make(map[string]int)}
	db.add(Local(ts))
	for _, o := range options {
		o(db)
	}
	if err := db.check(); err != nil {
		return nil, fmt.Errorf("opening SQL host: %w", err)
	}
	s, err := db.newSession()
	if err != nil {
		return nil, fmt.Errorf("opening SQL host: %w", err)
	}
	db.idle = append(db.idle, s)
	return db, nil
}

func (db *DB) add(backends []Backend) {
	for _, b := range backends {
		name := strings.ToLower(b.Name())
		if _, ok := db.index[name]; ok {
			continue
		}
		db.index[name] = len(db.backends)
		db.backends = append(db.backends, b)
		db.columns = append(db.columns, b.Columns())
	}
}

// check finds tables that SQLite would refuse only when a query names them.
func (db *DB) check() error {
	for i, b := range db.backends {
		seen := make(map[string]bool)
		for _, c := range db.columns[i] {
			if name := strings.ToLower(c.Name); seen[name] || name == "" {
				return fmt.Errorf("table %s has two columns %q, or one without a name", b.Name(), c.Name)
			}
			seen[strings.ToLower(c.Name)] = true
		}
	}
	return nil
}

// Tables gives the tables, by name.
func (db *DB) Tables() []Backend {
	out := slices.Clone(db.backends)
	slices.SortFunc(out, func(a, b Backend) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// Close ends the database. Rows that are still open stay readable until they are closed.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.closed = true
	for _, s := range db.idle {
		s.close()
	}
	db.idle = nil
	return nil
}

// prepared is a compiled statement.
type prepared struct {
	stmt   *sqlite.Stmt
	tables []string // that it reads
}

// session is a connection and what the query that has it needs.
type session struct {
	db         *DB
	conn       *sqlite.Conn
	statements map[string]*prepared
	order      []string // least recently used first

	ctx       context.Context //nolint:containedctx // SQLite's callbacks have no other way to the query's context
	stats     Stats
	asOsquery bool
	asking    *asking  // nil but for Anchors
	refused   string   // why the authorizer said no
	reads     []string // tables that the statement being compiled reads
}

// maxText bounds one text or row: a hostile printf('%*d') must not take the machine.
const maxText = 64 << 20

func (db *DB) newSession() (*session, error) {
	s := &session{db: db, statements: make(map[string]*prepared), asOsquery: db.asOsquery}
	o := sqlite.Options{Functions: functions, Authorize: s.authorize, Interrupted: s.interrupted, MaxLength: maxText}
	for i, b := range db.backends {
		o.Tables = append(o.Tables, &table{session: s, backend: b, columns: db.columns[i]})
	}
	var err error
	s.conn, err = sqlite.Open(o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (db *DB) lease(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil, ErrClosed
	}
	var s *session
	if n := len(db.idle); n > 0 {
		s, db.idle = db.idle[n-1], db.idle[:n-1]
	}
	db.mu.Unlock()
	if s == nil {
		var err error
		if s, err = db.newSession(); err != nil {
			return nil, err
		}
	}
	s.ctx, s.stats = ctx, Stats{}
	return s, nil
}

func (db *DB) release(s *session) {
	s.ctx = nil
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed || len(db.idle) >= keepIdle {
		s.close()
		return
	}
	db.idle = append(db.idle, s)
}

func (s *session) close() {
	for _, p := range s.statements {
		p.stmt.Close()
	}
	s.statements = nil
	s.conn.Close()
}

// prepare compiles a statement or finds it compiled.
func (s *session) prepare(sql string) (*prepared, error) {
	if p := s.statements[sql]; p != nil {
		i := slices.Index(s.order, sql)
		s.order = append(slices.Delete(s.order, i, i+1), sql)
		return p, nil
	}
	s.refused, s.reads = "", nil
	stmt, err := s.conn.Prepare(sql)
	if err != nil {
		if s.refused != "" {
			return nil, fmt.Errorf("preparing query: %s", s.refused)
		}
		return nil, err
	}
	if !s.db.anyDialect {
		if err := CheckDialect(sql); err != nil {
			stmt.Close()
			return nil, fmt.Errorf("preparing query: %w", err)
		}
	}
	slices.Sort(s.reads)
	p := &prepared{stmt: stmt, tables: slices.Compact(s.reads)}
	if len(s.order) >= keepStatements {
		s.statements[s.order[0]].stmt.Close()
		delete(s.statements, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
	s.statements[sql] = p
	s.order = append(s.order, sql)
	return p, nil
}

// readable are the tables of SQLite's own that a query may read.
var readable = []string{
	"json_each", "json_tree", "pragma_table_info", "sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema",
}

// authorize lets a statement read tables and call functions, and nothing else: hostile SQL cannot reach a file.
func (s *session) authorize(action sqlite.Action, first, second string) bool {
	switch action {
	case sqlite.ActionSelect, sqlite.ActionRecursive:
		return true
	case sqlite.ActionRead:
		name := strings.ToLower(first)
		if i, ok := s.db.index[name]; ok {
			s.reads = append(s.reads, s.db.backends[i].Name())
			return true
		}
		if slices.Contains(readable, name) {
			return true
		}
		// The rest is SQLite's own, or a CTE that the statement itself names.
		if !strings.HasPrefix(name, "pragma_") && !strings.HasPrefix(name, "sqlite_") && name != "dbstat" {
			return true
		}
		s.refused = fmt.Sprintf("reading %s is not allowed", first)
	case sqlite.ActionPragma:
		if strings.EqualFold(first, "table_info") {
			return true
		}
		s.refused = fmt.Sprintf("PRAGMA %s is not allowed: only table_info is", first)
	case sqlite.ActionFunction:
		name := strings.ToLower(second)
		switch {
		case name == "load_extension":
			s.refused = "load_extension is not allowed"
		case s.db.anyDialect || osqueryFunctions[name]:
			return true
		default:
			s.refused = fmt.Sprintf("osquery has no function %s", second)
		}
	default:
		s.refused = "only SELECT is allowed: every table is read-only"
	}
	return false
}

func (s *session) interrupted() bool { return s.ctx != nil && s.ctx.Err() != nil }

// failure makes an interrupt the error of the context that caused it.
func (s *session) failure(err error) error {
	if errors.Is(err, sqlite.ErrInterrupted) && s.interrupted() {
		return fmt.Errorf("running query: %w", s.ctx.Err())
	}
	return fmt.Errorf("running query: %w", err)
}

// Stmt is a query that is known to be sound. Each connection keeps it compiled.
type Stmt struct {
	db      *DB
	sql     string
	columns []Column
	tables  []string
}

// Prepare checks a query: its syntax, that its tables and columns exist, and that osquery could run it.
func (db *DB) Prepare(ctx context.Context, sql string) (*Stmt, error) {
	s, err := db.lease(ctx)
	if err != nil {
		return nil, err
	}
	defer db.release(s)
	p, err := s.prepare(sql)
	if err != nil {
		return nil, err
	}
	return &Stmt{db: db, sql: sql, columns: p.stmt.Columns(), tables: p.tables}, nil
}

// Columns gives the columns of the result.
func (s *Stmt) Columns() []Column { return s.columns }

// Tables gives the names of the tables that the query reads, sorted.
func (s *Stmt) Tables() []string { return s.tables }

// SQL gives the text.
func (s *Stmt) SQL() string { return s.sql }

// Query runs the statement.
func (s *Stmt) Query(ctx context.Context) (*Rows, error) { return s.db.Query(ctx, s.sql) }

// Query runs a query. The result is read row by row; close it, or the connection that it has stays taken.
func (db *DB) Query(ctx context.Context, sql string) (*Rows, error) {
	s, err := db.lease(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.prepare(sql)
	if err != nil {
		db.release(s)
		return nil, err
	}
	return s.run(p), nil
}

// Rows is the result of a query. It is for one goroutine at a time.
type Rows struct {
	session   *session
	statement *prepared
	columns   []Column
	values    []Value
	stats     Stats
	err       error
}

func (s *session) run(p *prepared) *Rows {
	columns := p.stmt.Columns()
	return &Rows{session: s, statement: p, columns: columns, values: make([]Value, len(columns))}
}

// Columns gives the columns in order.
func (r *Rows) Columns() []Column { return r.columns }

// Next moves to the next row and tells whether there is one; if not, Err says whether that is an error.
func (r *Rows) Next() bool {
	if r.session == nil {
		return false
	}
	more, err := r.statement.stmt.Step()
	if err != nil {
		r.err = r.session.failure(err)
	}
	if !more {
		_ = r.Close()
		return false
	}
	for i := range r.values {
		r.values[i] = r.statement.stmt.Value(i)
	}
	return true
}

// Values gives the current row. The slice is reused by Next; the values stay valid.
func (r *Rows) Values() []Value { return r.values }

// Err gives the error that ended the rows, nil at a regular end.
func (r *Rows) Err() error { return r.err }

// Stats counts what the query asked of the tables so far.
func (r *Rows) Stats() Stats {
	if r.session != nil {
		return r.session.stats
	}
	return r.stats
}

// Close ends the query. It may be called more than once.
func (r *Rows) Close() error {
	if s := r.session; s != nil {
		r.session = nil
		r.statement.stmt.Reset()
		r.stats = s.stats
		s.db.release(s)
	}
	return r.err
}

// All yields the rows that are left and closes the result; ask Err afterwards.
func (r *Rows) All() iter.Seq[[]Value] {
	return func(yield func([]Value) bool) {
		defer func() { _ = r.Close() }()
		for r.Next() {
			if !yield(r.values) {
				return
			}
		}
	}
}

// Answer is a whole result in memory.
type Answer struct {
	Columns []Column
	Rows    [][]Value
	Stats   Stats
}

// QueryAll runs a query and reads all of its rows.
func (db *DB) QueryAll(ctx context.Context, sql string) (*Answer, error) {
	rows, err := db.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	out := &Answer{Columns: rows.Columns()}
	for values := range rows.All() {
		out.Rows = append(out.Rows, slices.Clone(values))
	}
	out.Stats = rows.Stats()
	return out, rows.Err()
}
