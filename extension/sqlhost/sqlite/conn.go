// Package sqlite is SQLite as far as the SQL host needs it: connections to an empty database in memory, read-only virtual tables
// whose plans see every IN, functions in Go, an authorizer and an interrupt. It speaks to modernc's translation of SQLite
// (package lib) itself rather than through database/sql or modernc's own virtual tables, because those leave out
// sqlite3_vtab_in, without which an IN would be one scan a value where osquery makes one call. Callers see no address: memory.go
// holds all that is unsafe. It imports tables for their values.
//
// ncruces/go-sqlite3 v0.37.0 offers the same without unsafe code and passed every test of the SQL host. Measured in turns on two
// busy cores by processor time, least of twelve: the Linux detections over a full store took 28 to 35 % longer, those of Windows
// 4 to 6 %, scans of 90,000 rows 40 to 52 %. Replay of 150,000 Windows events took 10 % longer in the median of 14 pairs (0 to
// 28 %), of Linux events no longer; memory was the same. So this stays.
package sqlite

import (
	"errors"
	"fmt"
	"sync"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

// Options say what a connection has.
type Options struct {
	Tables    []Table // at most MaxTables
	Functions []Function
	// Authorize tells whether a statement may do something; nil admits everything.
	Authorize func(action Action, first, second string) bool
	// Interrupted ends the running statement; nil never does.
	Interrupted func() bool
	// MaxLength bounds one text or row in bytes.
	MaxLength int32
}

// Action is what a statement asks to be authorized for.
type Action int32

// The actions of a statement that only reads.
const (
	ActionSelect    = Action(lib.SQLITE_SELECT)
	ActionRecursive = Action(lib.SQLITE_RECURSIVE)
	ActionRead      = Action(lib.SQLITE_READ)     // of a table's column
	ActionPragma    = Action(lib.SQLITE_PRAGMA)   // by name
	ActionFunction  = Action(lib.SQLITE_FUNCTION) // the second text is its name
)

// Error is what SQLite refused.
type Error struct {
	Code    int // SQLite's extended result code
	Message string
}

func (e *Error) Error() string { return e.Message }

// Is makes any error of an interrupted statement ErrInterrupted.
func (e *Error) Is(target error) bool {
	return target == ErrInterrupted && e.Code&0xff == lib.SQLITE_INTERRUPT
}

// ErrInterrupted is the error of a statement that was ended. A table gives it to end one.
var ErrInterrupted = errors.New("interrupted")

var errNoMemory = errors.New("out of memory")

// Conn is one connection to an empty database in memory. One goroutine at a time may use it, and what SQLite calls back runs on
// that goroutine.
type Conn struct {
	options Options
	tls     *libc.TLS
	db      uintptr
	handle  uintptr // in conns
	modules uintptr
	// declaring is set while a table declares its columns, which SQLite authorizes as a CREATE TABLE.
	declaring bool
}

// Each table that a statement makes for itself takes pages and gives them back at its end, which through the allocator is a
// system call for most of them. These stay: pageSlots of pageSlot bytes, of which only what is used is resident.
const (
	pageSlot  = 4096 + 512 // a page with what SQLite keeps beside it (SQLITE_CONFIG_PCACHE_HDRSZ)
	pageSlots = 256
)

// configure prepares SQLite before its first use. What it refuses stays as it was.
var configure = sync.OnceFunc(func() {
	lib.PatchIssue199()
	tls := libc.NewTLS()
	defer tls.Close()
	set := func(option int32, arguments ...any) {
		list := libc.NewVaList(arguments...)
		defer libc.Xfree(tls, list)
		lib.Xsqlite3_config(tls, option, list)
	}
	set(lib.SQLITE_CONFIG_MEMSTATUS, int32(0)) // nobody reads the counts, and each allocation would take a lock for them
	if slab := libc.Xmalloc(tls, pageSlots*pageSlot); slab != 0 {
		set(lib.SQLITE_CONFIG_PAGECACHE, slab, int32(pageSlot), int32(pageSlots))
	}
})

// Open opens a connection.
func Open(o Options) (*Conn, error) {
	configure()
	if len(o.Tables) > MaxTables {
		return nil, fmt.Errorf("%d tables are too many", len(o.Tables))
	}
	c := &Conn{options: o, tls: libc.NewTLS()}
	c.handle = conns.add(c)
	if err := c.setUp(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) setUp() error {
	name := cText(c.tls, ":memory:")
	out := cNew[uintptr](c.tls, 0)
	defer lib.Xsqlite3_free(c.tls, name)
	defer lib.Xsqlite3_free(c.tls, out)
	if name == 0 || out == 0 {
		return errNoMemory
	}
	rc := lib.Xsqlite3_open_v2(c.tls, name, out, lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_MEMORY|lib.SQLITE_OPEN_NOMUTEX, 0)
	c.db = *at[uintptr](out)
	if rc != lib.SQLITE_OK {
		return fmt.Errorf("opening a database in memory: %w", c.failure(rc))
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	for _, l := range [...][2]int32{
		{lib.SQLITE_LIMIT_LENGTH, c.options.MaxLength},
		{lib.SQLITE_LIMIT_ATTACHED, 0},
		{lib.SQLITE_LIMIT_WORKER_THREADS, 0},
	} {
		lib.Xsqlite3_limit(c.tls, c.db, l[0], l[1])
	}
	if err := c.registerFunctions(); err != nil {
		return err
	}
	if err := c.registerTables(); err != nil {
		return err
	}
	s, err := c.Prepare("PRAGMA temp_store = MEMORY") // no statement of ours ever makes a file
	if err != nil {
		return err
	}
	_, err = s.Step()
	s.Close()
	if err != nil {
		return err
	}
	lib.Xsqlite3_set_authorizer(c.tls, c.db, callback(onAuthorize), c.handle)
	lib.Xsqlite3_progress_handler(c.tls, c.db, 4000, callback(onProgress), c.handle)
	return nil
}

// registerTables makes each table an eponymous one: it exists without a CREATE and costs nothing until it is used.
func (c *Conn) registerTables() error {
	c.modules = libc.Xcalloc(c.tls, 1, types.Size_t(sizeOf[lib.Sqlite3_module]()))
	if c.modules == 0 {
		return errNoMemory
	}
	*at[lib.Sqlite3_module](c.modules) = lib.Sqlite3_module{
		FxConnect: callback(onConnect), FxBestIndex: callback(onBestIndex), FxDisconnect: callback(onDisconnect),
		FxOpen: callback(onOpen), FxClose: callback(onClose), FxFilter: callback(onFilter), FxNext: callback(onNext),
		FxEof: callback(onEOF), FxColumn: callback(onColumn), FxRowid: callback(onRowID),
	}
	for i, t := range c.options.Tables {
		name := cText(c.tls, t.Name())
		if name == 0 {
			return errNoMemory
		}
		// The connection and the table's number travel as one word.
		rc := lib.Xsqlite3_create_module_v2(c.tls, c.db, name, c.modules, c.handle<<tableBits|uintptr(i), 0)
		lib.Xsqlite3_free(c.tls, name)
		if rc != lib.SQLITE_OK {
			return fmt.Errorf("registering table %s: %w", t.Name(), c.failure(rc))
		}
	}
	return nil
}

// Close ends the connection; its statements must be closed.
func (c *Conn) Close() {
	if c.db != 0 {
		lib.Xsqlite3_close_v2(c.tls, c.db)
		c.db = 0
	}
	if c.modules != 0 {
		libc.Xfree(c.tls, c.modules)
		c.modules = 0
	}
	conns.remove(c.handle)
	c.tls.Close()
}

// failure turns a result code into an error with SQLite's own message.
func (c *Conn) failure(rc int32) error {
	if c.db == 0 {
		return errors.New(goString(lib.Xsqlite3_errstr(c.tls, rc)))
	}
	return &Error{Code: int(rc), Message: goString(lib.Xsqlite3_errmsg(c.tls, c.db))}
}

func onAuthorize(_ *libc.TLS, handle uintptr, action int32, first, second, _, _ uintptr) int32 {
	c := conns.get(handle)
	if c != nil && (c.declaring || c.options.Authorize == nil || c.options.Authorize(Action(action), goString(first), goString(second))) {
		return lib.SQLITE_OK
	}
	return lib.SQLITE_DENY
}

func onProgress(_ *libc.TLS, handle uintptr) int32 {
	if c := conns.get(handle); c == nil || c.options.Interrupted != nil && c.options.Interrupted() {
		return 1
	}
	return 0
}
