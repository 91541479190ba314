package sqlite

import (
	"fmt"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/apiwatch/apiwatch/tables"
)

// Function is an SQL function in Go. It must give the same for the same values.
type Function struct {
	Name string
	Args int // how many values Call gets, any number if -1
	// Call gets a blob as a text of its bytes, and beside a float SQLite's own text of it.
	Call func(args []tables.Value) (tables.Value, error)
}

// registerFunctions makes the functions known; the word that travels with each is its number.
func (c *Conn) registerFunctions() error {
	for i, f := range c.options.Functions {
		name := cText(c.tls, f.Name)
		if name == 0 {
			return errNoMemory
		}
		flags := int32(lib.SQLITE_UTF8 | lib.SQLITE_DETERMINISTIC)
		word := c.handle<<tableBits | uintptr(i)
		rc := lib.Xsqlite3_create_function_v2(c.tls, c.db, name, int32(f.Args), flags, word, callback(onFunction), 0, 0, 0)
		lib.Xsqlite3_free(c.tls, name)
		if rc != lib.SQLITE_OK {
			return fmt.Errorf("registering function %s: %w", f.Name, c.failure(rc))
		}
	}
	return nil
}

func onFunction(tls *libc.TLS, context uintptr, argc int32, argv uintptr) {
	word := lib.Xsqlite3_user_data(tls, context)
	f := conns.get(word >> tableBits).options.Functions[word&(MaxTables-1)]
	args := make([]tables.Value, argc)
	for i := range args {
		switch v := *element[uintptr](argv, i); lib.Xsqlite3_value_type(tls, v) {
		case lib.SQLITE_INTEGER:
			args[i] = tables.Value{Kind: tables.IntValue, Int: lib.Xsqlite3_value_int64(tls, v)}
		case lib.SQLITE_FLOAT:
			args[i] = tables.Value{Kind: tables.FloatValue, Float: lib.Xsqlite3_value_double(tls, v)}
			args[i].Text = readArgument(tls, v).Text
		case lib.SQLITE_NULL:
		default:
			args[i] = tables.Value{Kind: tables.TextValue, Text: readArgument(tls, v).Text}
		}
	}
	v, err := f.Call(args)
	if err != nil {
		p := cText(tls, f.Name+": "+err.Error())
		lib.Xsqlite3_result_error(tls, context, p, -1)
		lib.Xsqlite3_free(tls, p)
		return
	}
	setResult(tls, context, v)
}

// setResult gives SQLite a value, of a cell or a function.
func setResult(tls *libc.TLS, context uintptr, v tables.Value) {
	switch v.Kind {
	case tables.TextValue:
		p := cText(tls, v.Text)
		if p == 0 {
			lib.Xsqlite3_result_error_nomem(tls, context)
			return
		}
		lib.Xsqlite3_result_text64(tls, context, p, lib.Tsqlite3_uint64(len(v.Text)), callback(lib.Xsqlite3_free), lib.SQLITE_UTF8_ZT)
	case tables.IntValue:
		lib.Xsqlite3_result_int64(tls, context, v.Int)
	case tables.FloatValue:
		lib.Xsqlite3_result_double(tls, context, v.Float)
	case tables.Null:
		lib.Xsqlite3_result_null(tls, context)
	}
}
