package sqlite

import (
	"errors"
	"fmt"
	"math"
	"strings"

	lib "modernc.org/sqlite/lib"

	"github.com/apiwatch/apiwatch/tables"
)

// Column is a column of a result.
type Column struct {
	Name string
	// Type is the type that the table declares, such as BIGINT; "" for an expression.
	Type string
}

// Stmt is a compiled statement.
type Stmt struct {
	conn    *Conn
	handle  uintptr
	columns []Column
}

// Prepare compiles one statement; more than one is an error, for what follows would be dropped without a word.
func (c *Conn) Prepare(sql string) (*Stmt, error) {
	if strings.IndexByte(sql, 0) >= 0 {
		return nil, errors.New("preparing query: it holds a NUL byte")
	}
	if len(sql) > math.MaxInt32-1 {
		return nil, errors.New("preparing query: it is too long")
	}
	text := cText(c.tls, sql)
	out := cNew[[2]uintptr](c.tls, [2]uintptr{}) // the statement, and what follows it in the text
	defer lib.Xsqlite3_free(c.tls, text)
	defer lib.Xsqlite3_free(c.tls, out)
	if text == 0 || out == 0 {
		return nil, errNoMemory
	}
	compile := func(address uintptr) (stmt, rest uintptr, err error) {
		rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, address, -1, lib.SQLITE_PREPARE_PERSISTENT, out, out+sizeOf[uintptr]())
		if rc != lib.SQLITE_OK {
			return 0, 0, fmt.Errorf("preparing query: %w", c.failure(rc))
		}
		got := *at[[2]uintptr](out)
		return got[0], got[1], nil
	}
	stmt, rest, err := compile(text)
	if err != nil {
		return nil, err
	}
	if stmt == 0 {
		return nil, errors.New("preparing query: it is empty")
	}
	for rest != 0 && *at[byte](rest) != 0 {
		second, further, err := compile(rest)
		if second != 0 || err != nil {
			lib.Xsqlite3_finalize(c.tls, second)
			lib.Xsqlite3_finalize(c.tls, stmt)
			return nil, errors.New("preparing query: it holds more than one statement")
		}
		rest = further
	}
	s := &Stmt{conn: c, handle: stmt, columns: make([]Column, lib.Xsqlite3_column_count(c.tls, stmt))}
	for i := range s.columns {
		s.columns[i].Name = goString(lib.Xsqlite3_column_name(c.tls, stmt, int32(i)))
		s.columns[i].Type = goString(lib.Xsqlite3_column_decltype(c.tls, stmt, int32(i)))
	}
	return s, nil
}

// Columns gives the columns of the result.
func (s *Stmt) Columns() []Column { return s.columns }

// Close frees the statement.
func (s *Stmt) Close() { lib.Xsqlite3_finalize(s.conn.tls, s.handle) }

// Reset makes the statement ready to run from its beginning.
func (s *Stmt) Reset() { lib.Xsqlite3_reset(s.conn.tls, s.handle) }

// Step moves to the next row; more is false at the end.
func (s *Stmt) Step() (more bool, err error) {
	switch rc := lib.Xsqlite3_step(s.conn.tls, s.handle); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.conn.failure(rc)
	}
}

// Value reads a column of the current row. A blob arrives as a text of its bytes.
func (s *Stmt) Value(i int) tables.Value {
	n := int32(i)
	switch lib.Xsqlite3_column_type(s.conn.tls, s.handle, n) {
	case lib.SQLITE_INTEGER:
		return tables.Value{Kind: tables.IntValue, Int: lib.Xsqlite3_column_int64(s.conn.tls, s.handle, n)}
	case lib.SQLITE_FLOAT:
		return tables.Value{Kind: tables.FloatValue, Float: lib.Xsqlite3_column_double(s.conn.tls, s.handle, n)}
	case lib.SQLITE_NULL:
		return tables.Value{}
	default:
		p := lib.Xsqlite3_column_blob(s.conn.tls, s.handle, n)
		return tables.Value{Kind: tables.TextValue, Text: goText(p, lib.Xsqlite3_column_bytes(s.conn.tls, s.handle, n))}
	}
}
