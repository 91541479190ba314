package sqlite

import (
	"errors"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/apiwatch/apiwatch/tables"
)

// MaxTables is how many tables, and functions, a connection may have.
const MaxTables = 1 << tableBits

// tableBits is how much of the word that travels with a table is its number; the rest is the connection.
const tableBits = 12

// Table is a read-only virtual table.
type Table interface {
	Name() string
	// Declaration is a CREATE TABLE with its columns.
	Declaration() string
	// BestIndex plans a scan.
	BestIndex(*IndexInfo)
	Open() Cursor
}

// Cursor is a scan of a table within a statement. None of its methods may panic.
type Cursor interface {
	// Filter begins the scan that a plan describes, with the arguments that the plan wants.
	Filter(plan string, args []Argument) error
	// Next moves to the next row.
	Next() error
	// EOF tells whether the rows are at their end.
	EOF() bool
	// Column gives a cell of the current row.
	Column(i int) (tables.Value, error)
	// RowID gives the current row's number.
	RowID() int64
	Close()
}

// IndexInfo is sqlite3_index_info as far as a plan needs it.
type IndexInfo struct {
	Constraints []Constraint
	Used        uint64 // a bit for each column that the statement reads; the highest stands for all from the 64th
	// Plan comes back in Filter; Cost is what SQLite compares.
	Plan string
	Cost float64
}

// Constraint is a condition that a scan could use. SQLite checks every row again.
type Constraint struct {
	Column    int
	Op        uint8
	Usable    bool
	In        bool // an IN whose values can be had all at once
	Collation string
	Argument  int  // out: 1 for the first argument of Filter, 0 if it is not wanted
	Together  bool // out: take the values of the IN all at once
}

// Argument is one value that Filter gets.
type Argument struct {
	Kind Kind
	Text string
	List []Argument // the values of an IN taken all at once
}

// Kind is SQLite's type of a value.
type Kind int32

// The kinds of value.
const (
	Integer = Kind(lib.SQLITE_INTEGER)
	Float   = Kind(lib.SQLITE_FLOAT)
	Text    = Kind(lib.SQLITE_TEXT)
	Blob    = Kind(lib.SQLITE_BLOB)
	Null    = Kind(lib.SQLITE_NULL)
)

// cTable and cCursor are what SQLite sees: its own structure first, ours after it.
type cTable struct {
	_    lib.Sqlite3_vtab
	word uintptr // the connection and the table's number
}

type cCursor struct {
	base   lib.Sqlite3_vtab_cursor
	handle uintptr // in cursors
}

// tableOf finds the connection and table that a word means; nil if the connection is gone.
func tableOf(word uintptr) (*Conn, Table) {
	c := conns.get(word >> tableBits)
	if c == nil {
		return nil, nil
	}
	return c, c.options.Tables[word&(MaxTables-1)]
}

func onConnect(tls *libc.TLS, db, word uintptr, _ int32, _, out, message uintptr) int32 {
	c, t := tableOf(word)
	if c == nil {
		return lib.SQLITE_ERROR
	}
	text := cText(tls, t.Declaration())
	defer lib.Xsqlite3_free(tls, text)
	if text == 0 {
		return lib.SQLITE_NOMEM
	}
	c.declaring = true
	rc := lib.Xsqlite3_declare_vtab(tls, db, text)
	c.declaring = false
	if rc != lib.SQLITE_OK {
		*at[uintptr](message) = cText(tls, goString(lib.Xsqlite3_errmsg(tls, db)))
		return rc
	}
	p := cNew(tls, cTable{word: word})
	if p == 0 {
		return lib.SQLITE_NOMEM
	}
	*at[uintptr](out) = p
	return lib.SQLITE_OK
}

func onDisconnect(tls *libc.TLS, table uintptr) int32 {
	lib.Xsqlite3_free(tls, table)
	return lib.SQLITE_OK
}

func onBestIndex(tls *libc.TLS, table, info uintptr) int32 {
	c, t := tableOf(at[cTable](table).word)
	if c == nil {
		return lib.SQLITE_ERROR
	}
	ii := at[lib.Sqlite3_index_info](info)
	ix := IndexInfo{Used: uint64(ii.FcolUsed), Constraints: make([]Constraint, ii.FnConstraint)}
	for i := range ix.Constraints {
		from := element[lib.Tsqlite3_index_constraint](ii.FaConstraint, i)
		ix.Constraints[i] = Constraint{
			Column: int(from.FiColumn), Op: from.Fop, Usable: from.Fusable != 0,
			In: lib.Xsqlite3_vtab_in(tls, info, int32(i), -1) != 0,
		}
		if from.Fusable != 0 {
			ix.Constraints[i].Collation = goString(lib.Xsqlite3_vtab_collation(tls, info, int32(i)))
		}
	}
	t.BestIndex(&ix)
	for i, k := range ix.Constraints {
		if k.Argument == 0 {
			continue
		}
		element[lib.Tsqlite3_index_constraint_usage](ii.FaConstraintUsage, i).FargvIndex = int32(k.Argument) // never omit
		if k.Together {
			lib.Xsqlite3_vtab_in(tls, info, int32(i), 1)
		}
	}
	if ii.FidxStr = cText(tls, ix.Plan); ii.FidxStr == 0 {
		return lib.SQLITE_NOMEM
	}
	ii.FneedToFreeIdxStr = 1
	ii.FestimatedCost = ix.Cost
	return lib.SQLITE_OK
}

func onOpen(tls *libc.TLS, table, out uintptr) int32 {
	c, t := tableOf(at[cTable](table).word)
	if c == nil {
		return lib.SQLITE_ERROR
	}
	p := cNew(tls, cCursor{})
	if p == 0 {
		return lib.SQLITE_NOMEM
	}
	at[cCursor](p).handle = cursors.add(t.Open())
	*at[uintptr](out) = p
	return lib.SQLITE_OK
}

func cursorAt(p uintptr) Cursor { return cursors.get(at[cCursor](p).handle) }

func onClose(tls *libc.TLS, p uintptr) int32 {
	handle := at[cCursor](p).handle
	cursors.get(handle).Close()
	cursors.remove(handle)
	lib.Xsqlite3_free(tls, p)
	return lib.SQLITE_OK
}

func onFilter(tls *libc.TLS, p uintptr, _ int32, plan uintptr, argc int32, argv uintptr) int32 {
	args := make([]Argument, argc)
	for i := range args {
		value := *element[uintptr](argv, i)
		if list, ok := readList(tls, value); ok {
			args[i] = Argument{List: list}
		} else {
			args[i] = readArgument(tls, value)
		}
	}
	return result(tls, p, cursorAt(p).Filter(goString(plan), args))
}

func onNext(tls *libc.TLS, p uintptr) int32 { return result(tls, p, cursorAt(p).Next()) }

func onEOF(_ *libc.TLS, p uintptr) int32 {
	if cursorAt(p).EOF() {
		return 1
	}
	return 0
}

func onColumn(tls *libc.TLS, p, context uintptr, i int32) int32 {
	v, err := cursorAt(p).Column(int(i))
	if err != nil {
		return result(tls, p, err)
	}
	setResult(tls, context, v)
	return lib.SQLITE_OK
}

func onRowID(_ *libc.TLS, p, out uintptr) int32 {
	*at[int64](out) = cursorAt(p).RowID()
	return lib.SQLITE_OK
}

// result reports an error of a cursor as one of the statement.
func result(tls *libc.TLS, cursor uintptr, err error) int32 {
	switch {
	case err == nil:
		return lib.SQLITE_OK
	case errors.Is(err, ErrInterrupted):
		return lib.SQLITE_INTERRUPT
	}
	t := at[lib.Sqlite3_vtab](at[cCursor](cursor).base.FpVtab)
	lib.Xsqlite3_free(tls, t.FzErrMsg)
	t.FzErrMsg = cText(tls, err.Error())
	return lib.SQLITE_ERROR
}

func readArgument(tls *libc.TLS, value uintptr) Argument {
	a := Argument{Kind: Kind(lib.Xsqlite3_value_type(tls, value))}
	if a.Kind != Null {
		p := lib.Xsqlite3_value_text(tls, value)
		a.Text = goText(p, lib.Xsqlite3_value_bytes(tls, value))
	}
	return a
}

// readList reads the values of an IN that is taken all at once; ok is false for any other value.
func readList(tls *libc.TLS, value uintptr) (list []Argument, ok bool) {
	if lib.Xsqlite3_value_type(tls, value) != lib.SQLITE_NULL {
		return nil, false // such a list looks like NULL
	}
	out := cNew[uintptr](tls, 0)
	defer lib.Xsqlite3_free(tls, out)
	if out == 0 {
		return nil, false
	}
	list = []Argument{}
	rc := lib.Xsqlite3_vtab_in_first(tls, value, out)
	for ; rc == lib.SQLITE_OK; rc = lib.Xsqlite3_vtab_in_next(tls, value, out) {
		list = append(list, readArgument(tls, *at[uintptr](out)))
	}
	return list, rc == lib.SQLITE_DONE
}
