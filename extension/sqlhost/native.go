package sqlhost

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/apiwatch/apiwatch/tables"
)

// This file is the only one that touches SQLite's memory. It speaks to modernc's translation of SQLite (package lib)
// itself rather than through database/sql, because that leaves out sqlite3_vtab_in, without which an IN would be one
// scan a value where osquery makes one call.

// conn is one connection to an empty database in memory. One goroutine at a time may use it.
type conn struct {
	tls     *libc.TLS
	db      uintptr
	handle  uintptr
	modules uintptr
	hooks   hooks
	// declaring is set while a table declares its columns, which SQLite authorizes as a CREATE TABLE.
	declaring bool
}

// hooks is what SQLite calls back. Handlers run on the goroutine that uses the connection.
type hooks interface {
	// authorize tells whether a statement may do something (SQLITE_READ and so on).
	authorize(action int32, first, second string) bool
	// interrupted ends the running statement.
	interrupted() bool
	// declaration gives a table's CREATE TABLE.
	declaration(table int) string
	bestIndex(table int, ix *indexInfo)
	open(table int) *cursor
}

// indexInfo is sqlite3_index_info as far as a plan needs it.
type indexInfo struct {
	constraints []indexConstraint
	used        uint64
	plan        string
	cost        float64
}

type indexConstraint struct {
	column    int
	op        uint8
	usable    bool
	in        bool // an IN whose values can be had all at once
	collation string
	argument  int  // out: 1 for the first argument of filter, 0 if it is not wanted
	together  bool // out: take the values of the IN all at once
}

// argument is one value that filter gets.
type argument struct {
	kind int32 // SQLITE_INTEGER and so on
	text string
	list []argument // the values of an IN taken all at once
}

// native is a registry of Go values that C memory refers to by number. Looking one up takes no lock: SQLite asks for its cursor
// at every column of every row.
type native[T any] struct {
	mu    sync.Mutex // of writers
	free  []uintptr
	slots atomic.Pointer[[]T] // replaced as a whole; number 0 stays unused
}

func (n *native[T]) add(v T) uintptr {
	n.mu.Lock()
	defer n.mu.Unlock()
	slots := make([]T, 1, 8)
	if old := n.slots.Load(); old != nil {
		slots = slices.Clone(*old)
	}
	h := uintptr(len(slots))
	if some := len(n.free); some > 0 {
		h, n.free = n.free[some-1], n.free[:some-1]
		slots[h] = v
	} else {
		slots = append(slots, v)
	}
	n.slots.Store(&slots)
	return h
}

func (n *native[T]) get(h uintptr) (v T) {
	if slots := n.slots.Load(); slots != nil && h < uintptr(len(*slots)) {
		v = (*slots)[h]
	}
	return v
}

func (n *native[T]) remove(h uintptr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	slots := slices.Clone(*n.slots.Load())
	var none T
	slots[h] = none
	n.free = append(n.free, h)
	n.slots.Store(&slots)
}

func (n *native[T]) size() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.slots.Load() == nil {
		return 0
	}
	return len(*n.slots.Load()) - 1 - len(n.free)
}

var (
	nativeConns   native[*conn]
	nativeCursors native[*cursor]
)

// cTable and cCursor are what SQLite sees: its own structure first, ours after it.
type cTable struct {
	base sqlite3.Sqlite3_vtab
	conn uintptr
	at   uintptr
}

type cCursor struct {
	base sqlite3.Sqlite3_vtab_cursor
	at   uintptr
}

// mem makes a pointer of an address in C memory, which the garbage collector neither moves nor frees.
func mem(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// callback gives the address by which translated C calls a Go function; it must be a declared one, not a closure.
func callback[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }

func goString(address uintptr) string {
	if address == 0 {
		return ""
	}
	return libc.GoString(address)
}

func goText(address uintptr, n int32) string {
	if address == 0 || n <= 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(mem(address)), n))
}

// cText copies text to memory that sqlite3_free frees, with a final NUL; 0 if there is none.
func cText(tls *libc.TLS, s string) uintptr {
	p := sqlite3.Xsqlite3_malloc64(tls, sqlite3.Tsqlite3_uint64(len(s)+1))
	if p == 0 {
		return 0
	}
	b := unsafe.Slice((*byte)(mem(p)), len(s)+1)
	copy(b, s)
	b[len(s)] = 0
	return p
}

var errNoMemory = errors.New("out of memory")

var patchOnce sync.Once

// openConn opens an empty database in memory whose tables are the given names, in the order of the hooks' numbers.
func openConn(h hooks, names []string) (*conn, error) {
	patchOnce.Do(configure)
	c := &conn{tls: libc.NewTLS(), hooks: h}
	c.handle = nativeConns.add(c)
	if err := c.setUp(names); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// Each table that a statement makes for itself takes pages and gives them back at its end, which through the allocator is a system call for
// most of them. These stay: pageSlots of pageSlot bytes, of which only what is used is resident.
const (
	pageSlot  = 4096 + 512 // a page with what SQLite keeps beside it (SQLITE_CONFIG_PCACHE_HDRSZ)
	pageSlots = 256
)

// configure prepares SQLite before its first use. What it refuses stays as it was.
func configure() {
	sqlite3.PatchIssue199()
	tls := libc.NewTLS()
	defer tls.Close()
	set := func(option int32, arguments ...any) {
		list := libc.NewVaList(arguments...)
		defer libc.Xfree(tls, list)
		sqlite3.Xsqlite3_config(tls, option, list)
	}
	set(sqlite3.SQLITE_CONFIG_MEMSTATUS, int32(0)) // nobody reads the counts, and each allocation would take a lock for them
	if slab := libc.Xmalloc(tls, pageSlots*pageSlot); slab != 0 {
		set(sqlite3.SQLITE_CONFIG_PAGECACHE, slab, int32(pageSlot), int32(pageSlots))
	}
}

func (c *conn) setUp(names []string) error {
	name := cText(c.tls, ":memory:")
	out := sqlite3.Xsqlite3_malloc(c.tls, 8)
	defer sqlite3.Xsqlite3_free(c.tls, name)
	defer sqlite3.Xsqlite3_free(c.tls, out)
	if name == 0 || out == 0 {
		return errNoMemory
	}
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, out, sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_MEMORY|sqlite3.SQLITE_OPEN_NOMUTEX, 0)
	c.db = *(*uintptr)(mem(out))
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("opening a database in memory: %w", c.failure(rc))
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	for _, l := range [...][2]int32{
		{sqlite3.SQLITE_LIMIT_LENGTH, 64 << 20}, // one text or row; a hostile printf('%*d') must not take the machine
		{sqlite3.SQLITE_LIMIT_ATTACHED, 0},
		{sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0},
	} {
		sqlite3.Xsqlite3_limit(c.tls, c.db, l[0], l[1])
	}
	for i, f := range functions {
		if err := c.register(i, f); err != nil {
			return err
		}
	}
	if err := c.registerTables(names); err != nil {
		return err
	}
	s, err := c.prepare("PRAGMA temp_store = MEMORY") // no statement of ours ever makes a file
	if err != nil {
		return err
	}
	_, err = c.step(s.native)
	c.finalize(s.native)
	if err != nil {
		return err
	}
	sqlite3.Xsqlite3_set_authorizer(c.tls, c.db, callback(nativeAuthorize), c.handle)
	sqlite3.Xsqlite3_progress_handler(c.tls, c.db, 4000, callback(nativeProgress), c.handle)
	return nil
}

func (c *conn) register(i int, f function) error {
	name := cText(c.tls, f.name)
	defer sqlite3.Xsqlite3_free(c.tls, name)
	if name == 0 {
		return errNoMemory
	}
	flags := int32(sqlite3.SQLITE_UTF8 | sqlite3.SQLITE_DETERMINISTIC)
	rc := sqlite3.Xsqlite3_create_function_v2(c.tls, c.db, name, int32(f.args), flags, uintptr(i), callback(nativeFunction), 0, 0, 0)
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("registering function %s: %w", f.name, c.failure(rc))
	}
	return nil
}

// registerTables makes each table an eponymous one: it exists without a CREATE and costs nothing until it is used.
func (c *conn) registerTables(names []string) error {
	c.modules = libc.Xcalloc(c.tls, 1, types.Size_t(unsafe.Sizeof(sqlite3.Sqlite3_module{})))
	if c.modules == 0 {
		return errNoMemory
	}
	m := (*sqlite3.Sqlite3_module)(mem(c.modules))
	m.FxConnect = callback(nativeConnect)
	m.FxBestIndex = callback(nativeBestIndex)
	m.FxDisconnect = callback(nativeDisconnect)
	m.FxOpen = callback(nativeOpen)
	m.FxClose = callback(nativeClose)
	m.FxFilter = callback(nativeFilter)
	m.FxNext = callback(nativeNext)
	m.FxEof = callback(nativeEOF)
	m.FxColumn = callback(nativeColumn)
	m.FxRowid = callback(nativeRowID)
	for i, n := range names {
		name := cText(c.tls, n)
		if name == 0 {
			return errNoMemory
		}
		// The connection and the table's number travel as one word.
		rc := sqlite3.Xsqlite3_create_module_v2(c.tls, c.db, name, c.modules, c.handle<<tableBits|uintptr(i), 0)
		sqlite3.Xsqlite3_free(c.tls, name)
		if rc != sqlite3.SQLITE_OK {
			return fmt.Errorf("registering table %s: %w", n, c.failure(rc))
		}
	}
	return nil
}

// tableBits is how much of a module's word is the table's number, 4,096 tables; the rest is the connection.
const tableBits = 12

func (c *conn) close() {
	if c.db != 0 {
		sqlite3.Xsqlite3_close_v2(c.tls, c.db)
		c.db = 0
	}
	if c.modules != 0 {
		libc.Xfree(c.tls, c.modules)
		c.modules = 0
	}
	nativeConns.remove(c.handle)
	c.tls.Close()
}

// failure turns a result code into an error with SQLite's own message.
func (c *conn) failure(rc int32) error {
	if c.db == 0 {
		return errors.New(goString(sqlite3.Xsqlite3_errstr(c.tls, rc)))
	}
	return &Error{Code: int(rc), Message: goString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

// prepared is a compiled statement.
type prepared struct {
	native  uintptr
	columns []Column
	tables  []string
}

// prepare compiles one statement; more than one is an error, for what follows would be dropped without a word.
func (c *conn) prepare(sql string) (*prepared, error) {
	if strings.IndexByte(sql, 0) >= 0 {
		return nil, errors.New("preparing query: it holds a NUL byte")
	}
	if len(sql) > math.MaxInt32-1 {
		return nil, errors.New("preparing query: it is too long")
	}
	text := cText(c.tls, sql)
	out := sqlite3.Xsqlite3_malloc(c.tls, 16)
	defer sqlite3.Xsqlite3_free(c.tls, text)
	defer sqlite3.Xsqlite3_free(c.tls, out)
	if text == 0 || out == 0 {
		return nil, errNoMemory
	}
	compile := func(at uintptr) (stmt, rest uintptr, err error) {
		rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, at, -1, sqlite3.SQLITE_PREPARE_PERSISTENT, out, out+8)
		if rc != sqlite3.SQLITE_OK {
			return 0, 0, fmt.Errorf("preparing query: %w", c.failure(rc))
		}
		return *(*uintptr)(mem(out)), *(*uintptr)(mem(out + 8)), nil
	}
	stmt, rest, err := compile(text)
	if err != nil {
		return nil, err
	}
	if stmt == 0 {
		return nil, errors.New("preparing query: it is empty")
	}
	for rest != 0 && *(*byte)(mem(rest)) != 0 {
		second, further, err := compile(rest)
		if second != 0 || err != nil {
			sqlite3.Xsqlite3_finalize(c.tls, second)
			sqlite3.Xsqlite3_finalize(c.tls, stmt)
			return nil, errors.New("preparing query: it holds more than one statement")
		}
		rest = further
	}
	s := &prepared{native: stmt, columns: make([]Column, sqlite3.Xsqlite3_column_count(c.tls, stmt))}
	for i := range s.columns {
		s.columns[i].Name = goString(sqlite3.Xsqlite3_column_name(c.tls, stmt, int32(i)))
		s.columns[i].Type = goString(sqlite3.Xsqlite3_column_decltype(c.tls, stmt, int32(i)))
	}
	return s, nil
}

func (c *conn) finalize(stmt uintptr) { sqlite3.Xsqlite3_finalize(c.tls, stmt) }
func (c *conn) reset(stmt uintptr)    { sqlite3.Xsqlite3_reset(c.tls, stmt) }

// step moves to the next row; more is false at the end.
func (c *conn) step(stmt uintptr) (more bool, err error) {
	switch rc := sqlite3.Xsqlite3_step(c.tls, stmt); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, c.failure(rc)
	}
}

// value reads a column of the current row.
func (c *conn) value(stmt uintptr, i int) Value {
	n := int32(i)
	switch sqlite3.Xsqlite3_column_type(c.tls, stmt, n) {
	case sqlite3.SQLITE_INTEGER:
		return integerValue(sqlite3.Xsqlite3_column_int64(c.tls, stmt, n))
	case sqlite3.SQLITE_FLOAT:
		return floatValue(sqlite3.Xsqlite3_column_double(c.tls, stmt, n))
	case sqlite3.SQLITE_NULL:
		return Value{}
	default: // text, and a blob as the bytes it has
		p := sqlite3.Xsqlite3_column_blob(c.tls, stmt, n)
		return textValue(goText(p, sqlite3.Xsqlite3_column_bytes(c.tls, stmt, n)))
	}
}

func readArgument(tls *libc.TLS, value uintptr) argument {
	a := argument{kind: sqlite3.Xsqlite3_value_type(tls, value)}
	if a.kind != sqlite3.SQLITE_NULL {
		p := sqlite3.Xsqlite3_value_text(tls, value)
		a.text = goText(p, sqlite3.Xsqlite3_value_bytes(tls, value))
	}
	return a
}

// element reads the i-th pointer of an array in C memory.
func element(array uintptr, i int) uintptr {
	return *(*uintptr)(mem(array + uintptr(i)*unsafe.Sizeof(uintptr(0))))
}

// setMessage gives a virtual table the message of its error.
func setMessage(tls *libc.TLS, table uintptr, message string) {
	t := (*sqlite3.Sqlite3_vtab)(mem(table))
	sqlite3.Xsqlite3_free(tls, t.FzErrMsg)
	t.FzErrMsg = cText(tls, message)
}

// fail reports an error or a panic of a table as an error of the statement.
func fail(tls *libc.TLS, cursor uintptr, err error) int32 {
	if errors.Is(err, errInterrupted) {
		return sqlite3.SQLITE_INTERRUPT
	}
	setMessage(tls, (*cCursor)(mem(cursor)).base.FpVtab, err.Error())
	return sqlite3.SQLITE_ERROR
}

func nativeAuthorize(_ *libc.TLS, handle uintptr, action int32, first, second, _, _ uintptr) int32 {
	if c := nativeConns.get(handle); c != nil && (c.declaring || c.hooks.authorize(action, goString(first), goString(second))) {
		return sqlite3.SQLITE_OK
	}
	return sqlite3.SQLITE_DENY
}

func nativeProgress(_ *libc.TLS, handle uintptr) int32 {
	if c := nativeConns.get(handle); c == nil || c.hooks.interrupted() {
		return 1
	}
	return 0
}

func nativeConnect(tls *libc.TLS, db, aux uintptr, _ int32, _, out, message uintptr) int32 {
	c := nativeConns.get(aux >> tableBits)
	if c == nil {
		return sqlite3.SQLITE_ERROR
	}
	at := aux & (1<<tableBits - 1)
	text := cText(tls, c.hooks.declaration(int(at)))
	defer sqlite3.Xsqlite3_free(tls, text)
	if text == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	c.declaring = true
	rc := sqlite3.Xsqlite3_declare_vtab(tls, db, text)
	c.declaring = false
	if rc != sqlite3.SQLITE_OK {
		*(*uintptr)(mem(message)) = cText(tls, goString(sqlite3.Xsqlite3_errmsg(tls, db)))
		return rc
	}
	p := sqlite3.Xsqlite3_malloc64(tls, sqlite3.Tsqlite3_uint64(unsafe.Sizeof(cTable{})))
	if p == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	*(*cTable)(mem(p)) = cTable{conn: aux >> tableBits, at: at}
	*(*uintptr)(mem(out)) = p
	return sqlite3.SQLITE_OK
}

func nativeDisconnect(tls *libc.TLS, table uintptr) int32 {
	sqlite3.Xsqlite3_free(tls, table)
	return sqlite3.SQLITE_OK
}

func nativeBestIndex(tls *libc.TLS, table, info uintptr) int32 {
	t := (*cTable)(mem(table))
	c := nativeConns.get(t.conn)
	if c == nil {
		return sqlite3.SQLITE_ERROR
	}
	ii := (*sqlite3.Sqlite3_index_info)(mem(info))
	ix := indexInfo{used: uint64(ii.FcolUsed), constraints: make([]indexConstraint, ii.FnConstraint)}
	for i := range ix.constraints {
		from := (*sqlite3.Tsqlite3_index_constraint)(mem(ii.FaConstraint + uintptr(i)*unsafe.Sizeof(sqlite3.Tsqlite3_index_constraint{})))
		ix.constraints[i] = indexConstraint{
			column: int(from.FiColumn), op: from.Fop, usable: from.Fusable != 0,
			in: sqlite3.Xsqlite3_vtab_in(tls, info, int32(i), -1) != 0,
		}
		if from.Fusable != 0 {
			ix.constraints[i].collation = goString(sqlite3.Xsqlite3_vtab_collation(tls, info, int32(i)))
		}
	}
	c.hooks.bestIndex(int(t.at), &ix)
	for i, k := range ix.constraints {
		if k.argument == 0 {
			continue
		}
		to := (*sqlite3.Tsqlite3_index_constraint_usage)(mem(ii.FaConstraintUsage + uintptr(i)*unsafe.Sizeof(sqlite3.Tsqlite3_index_constraint_usage{})))
		to.FargvIndex = int32(k.argument) // never omit: SQLite checks every row again
		if k.together {
			sqlite3.Xsqlite3_vtab_in(tls, info, int32(i), 1)
		}
	}
	if ii.FidxStr = cText(tls, ix.plan); ii.FidxStr == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	ii.FneedToFreeIdxStr = 1
	ii.FestimatedCost = ix.cost
	return sqlite3.SQLITE_OK
}

func nativeOpen(tls *libc.TLS, table, out uintptr) int32 {
	t := (*cTable)(mem(table))
	c := nativeConns.get(t.conn)
	if c == nil {
		return sqlite3.SQLITE_ERROR
	}
	p := sqlite3.Xsqlite3_malloc64(tls, sqlite3.Tsqlite3_uint64(unsafe.Sizeof(cCursor{})))
	if p == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	*(*cCursor)(mem(p)) = cCursor{at: nativeCursors.add(c.hooks.open(int(t.at)))}
	*(*uintptr)(mem(out)) = p
	return sqlite3.SQLITE_OK
}

func cursorAt(p uintptr) *cursor { return nativeCursors.get((*cCursor)(mem(p)).at) }

func nativeClose(tls *libc.TLS, p uintptr) int32 {
	h := (*cCursor)(mem(p)).at
	nativeCursors.get(h).close()
	nativeCursors.remove(h)
	sqlite3.Xsqlite3_free(tls, p)
	return sqlite3.SQLITE_OK
}

func nativeFilter(tls *libc.TLS, p uintptr, _ int32, plan uintptr, argc int32, argv uintptr) int32 {
	args := make([]argument, argc)
	for i := range args {
		value := element(argv, i)
		if list, ok := readList(tls, value); ok {
			args[i] = argument{list: list}
		} else {
			args[i] = readArgument(tls, value)
		}
	}
	if err := cursorAt(p).filter(goString(plan), args); err != nil {
		return fail(tls, p, err)
	}
	return sqlite3.SQLITE_OK
}

// readList reads the values of an IN that is taken all at once; ok is false for any other value.
func readList(tls *libc.TLS, value uintptr) (list []argument, ok bool) {
	if sqlite3.Xsqlite3_value_type(tls, value) != sqlite3.SQLITE_NULL {
		return nil, false // such a list looks like NULL
	}
	out := sqlite3.Xsqlite3_malloc(tls, 8)
	defer sqlite3.Xsqlite3_free(tls, out)
	if out == 0 {
		return nil, false
	}
	list = []argument{}
	rc := sqlite3.Xsqlite3_vtab_in_first(tls, value, out)
	for ; rc == sqlite3.SQLITE_OK; rc = sqlite3.Xsqlite3_vtab_in_next(tls, value, out) {
		list = append(list, readArgument(tls, *(*uintptr)(mem(out))))
	}
	return list, rc == sqlite3.SQLITE_DONE
}

func nativeNext(tls *libc.TLS, p uintptr) int32 {
	if err := cursorAt(p).advance(); err != nil {
		return fail(tls, p, err)
	}
	return sqlite3.SQLITE_OK
}

func nativeEOF(_ *libc.TLS, p uintptr) int32 {
	if cursorAt(p).row == nil {
		return 1
	}
	return 0
}

func nativeColumn(tls *libc.TLS, p, context uintptr, i int32) int32 {
	v, err := cursorAt(p).value(int(i))
	if err != nil {
		return fail(tls, p, err)
	}
	setResult(tls, context, v)
	return sqlite3.SQLITE_OK
}

func nativeRowID(_ *libc.TLS, p, out uintptr) int32 {
	*(*int64)(mem(out)) = cursorAt(p).row.RowID()
	return sqlite3.SQLITE_OK
}

func setResult(tls *libc.TLS, context uintptr, v Value) {
	switch v.Kind {
	case tables.TextValue:
		p := cText(tls, v.Text)
		if p == 0 {
			sqlite3.Xsqlite3_result_error_nomem(tls, context)
			return
		}
		sqlite3.Xsqlite3_result_text64(tls, context, p, sqlite3.Tsqlite3_uint64(len(v.Text)), callback(sqlite3.Xsqlite3_free), sqlite3.SQLITE_UTF8_ZT)
	case tables.IntValue:
		sqlite3.Xsqlite3_result_int64(tls, context, v.Int)
	case tables.FloatValue:
		sqlite3.Xsqlite3_result_double(tls, context, v.Float)
	case tables.Null:
		sqlite3.Xsqlite3_result_null(tls, context)
	}
}

func nativeFunction(tls *libc.TLS, context uintptr, argc int32, argv uintptr) {
	f := functions[int(sqlite3.Xsqlite3_user_data(tls, context))]
	args := make([]Value, argc)
	for i := range args {
		switch a := element(argv, i); sqlite3.Xsqlite3_value_type(tls, a) {
		case sqlite3.SQLITE_INTEGER:
			args[i] = integerValue(sqlite3.Xsqlite3_value_int64(tls, a))
		case sqlite3.SQLITE_FLOAT:
			args[i] = floatValue(sqlite3.Xsqlite3_value_double(tls, a))
			args[i].Text = readArgument(tls, a).text // as SQLite writes it
		case sqlite3.SQLITE_NULL:
		default:
			args[i] = textValue(readArgument(tls, a).text)
		}
	}
	v, err := f.call(args)
	if err != nil {
		p := cText(tls, f.name+": "+err.Error())
		sqlite3.Xsqlite3_result_error(tls, context, p, -1)
		sqlite3.Xsqlite3_free(tls, p)
		return
	}
	setResult(tls, context, v)
}
