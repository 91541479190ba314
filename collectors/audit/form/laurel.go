package form

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
)

// laurel reads what laurel writes: a line an event, its records by their types' names. Bytes that are no text stand as %XX;
// numbers that are not decimal as strings that begin with 0x or 0o; what it adds, in capitals.
// (json-format.md of github.com/threathunters-io/laurel.)
type laurel struct {
	lines
	document
}

// Laurel is the audit log that laurel writes.
var Laurel = format("audit log of laurel (JSON)", newLaurel, func(head []byte) bool { return anyEvent(head, `"ID"`, laurelEvent) })

func newLaurel() translator { return new(laurel).line }

func laurelEvent(d *document) error {
	id := d.scalar(d.Member(0, "ID"))
	if id == nil {
		return errors.New(`it has no ID, so it is no event of laurel's`)
	}
	if err := new(lines).event(nil, id); err != nil {
		return err
	}
	err := errors.New("it has no record")
	d.Each(0, func(i int, n *jsonscan.Node) {
		if recordType(n.Key) {
			d.objects(i, func(int) { err = nil })
		}
	})
	return err
}

// recordType tells a record's type from what else laurel says of an event.
func recordType(key []byte) bool {
	for _, c := range key {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return len(key) > 0 && !bytes.HasSuffix(key, []byte("_INFO"))
}

func (x *laurel) line(line []byte, record func([]byte)) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if err := x.read(line); err != nil {
		return err
	}
	if err := laurelEvent(&x.document); err != nil {
		return err
	}
	x.record = record
	if err := x.event(x.hostOr(x.scalar(x.Member(0, "NODE"))), x.scalar(x.Member(0, "ID"))); err != nil {
		return err
	}
	var failed error
	x.Each(0, func(i int, n *jsonscan.Node) {
		if recordType(n.Key) {
			typ := string(n.Key)
			x.objects(i, func(i int) {
				if err := x.one(typ, i); err != nil {
					failed = err
				}
			})
		}
	})
	x.close()
	return failed
}

// one writes a record.
func (x *laurel) one(typ string, at int) error {
	switch typ {
	case "SYSCALL":
		return x.syscall(at)
	case "EXECVE":
		args := x.arguments(at)
		argc, err := strconv.Atoi(string(x.scalar(x.Member(at, "argc"))))
		switch {
		case x.Member(at, "ARGV_STR") >= 0:
			argc = joined
		case err != nil:
			argc = len(args)
		}
		x.execve(argc, args)
	case "PROCTITLE":
		x.begin(typ)
		title := bytes.Join(x.arguments(at), []byte{0})
		if s := x.scalar(x.Member(at, "proctitle")); s != nil {
			title = decoded(s)
		}
		x.text("proctitle", title)
		x.end()
	case "SOCKADDR":
		x.address(at)
	default:
		x.begin(typ)
		x.Each(at, func(i int, n *jsonscan.Node) {
			name, value := string(n.Key), x.scalar(i)
			switch name {
			case "name", "cwd", "comm", "exe", "ocomm", "path", "dir", "key":
				if value != nil && string(value) != "(null)" {
					x.text(name, decoded(value))
				}
			default:
				if !recordType(n.Key) && plain([]byte(name)) {
					x.word(name, bare(value))
				}
			}
		})
		if typ == "URINGOP" { // it ends with its key, as a SYSCALL record does
			x.word("key", []byte("(null)"))
		}
		x.end()
	}
	return nil
}

func (x *laurel) syscall(at int) error {
	argv := x.strings(x.Member(at, "ARGV"))
	get := func(name string) []byte {
		value := x.scalar(x.Member(at, name))
		switch name {
		case "comm", "exe":
			if value != nil {
				value = decoded(value)
			}
			return value
		case "a0", "a1", "a2", "a3":
			if i := int(name[1] - '0'); value == nil && i < len(argv) {
				value = argv[i]
			}
		}
		if value == nil { // numbers may be dropped where their names are told
			value = x.scalar(x.Member(at, string(bytes.ToUpper([]byte(name)))))
		}
		return bare(value)
	}
	return x.call(get, x.scalar(x.Member(at, "UID")))
}

// arguments gives a command line: by its arguments, or as one where they were joined.
func (x *laurel) arguments(at int) [][]byte {
	args := x.strings(x.Member(at, "ARGV"))
	if joined := x.scalar(x.Member(at, "ARGV_STR")); args == nil && joined != nil {
		args = [][]byte{joined}
	}
	for i := range args {
		args[i] = decoded(args[i])
	}
	return args
}

func (x *laurel) address(at int) {
	if raw := x.scalar(x.Member(at, "saddr")); raw != nil {
		raw = bare(raw)
		if !hexDigits(raw) {
			raw = hex.AppendEncode(nil, decoded(raw))
		}
		x.begin("SOCKADDR")
		x.word("saddr", bytes.ToUpper(raw))
		x.end()
		return
	}
	for _, name := range []string{"SADDR", "saddr"} {
		x.objects(x.Member(at, name), func(at int) {
			x.socket(x.get(at, "family"), x.get(at, "addr"), x.get(at, "port"), decoded(x.get(at, "path")))
		})
	}
}

// bare gives a number without what tells its base.
func bare(value []byte) []byte {
	if len(value) > 2 && value[0] == '0' && value[1] == 'o' {
		return append([]byte("0"), value[2:]...)
	}
	return bytes.TrimPrefix(value, []byte("0x"))
}

// decoded undoes %XX, in place.
func decoded(b []byte) []byte {
	at := bytes.IndexByte(b, '%')
	if at < 0 {
		return b
	}
	out := b[:at]
	for i := at; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) {
			var c [1]byte
			if _, err := hex.Decode(c[:], b[i+1:i+3]); err == nil {
				out = append(out, c[0])
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}
