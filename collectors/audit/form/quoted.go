package form

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors/audit"
)

// quoted reads lines of audit.log that a shipper put into JSON as they were: Filebeat's message, Fluent Bit's log, Wazuh's full_log,
// Splunk's _raw and the like. Objects that hold none are of others.
type quoted struct {
	lines
	document
}

// Quoted are lines of audit.log in JSON.
var Quoted = format("lines of audit.log in JSON (Filebeat, Fluent Bit, Vector, Wazuh, Splunk)", newQuoted, func(head []byte) bool {
	return anyEvent(head, "audit(", func(d *document) error {
		if d.quotedLine() == nil {
			return audit.ErrOther
		}
		return nil
	})
})

func newQuoted() translator { return new(quoted).line }

// Where shippers put the line, and the host that it is of.
var (
	quotedIn = []string{
		"message", "MESSAGE", "log", "full_log", "_raw", "result._raw", "event.original", "body", "line", "msg", "raw",
		"data", "RawRecord",
	}
	quotedHost = []string{"host.hostname", "host.name", "agent.name", "predecoder.hostname", "hostname", "host", "result.host", "_HOSTNAME"}
)

// quotedLine gives the line, nil for none.
func (d *document) quotedLine() []byte {
	at := d.root()
	for _, name := range quotedIn {
		text := d.get(at, name)
		if (bytes.HasPrefix(text, []byte("type=")) || bytes.HasPrefix(text, []byte("node="))) && bytes.Contains(text, []byte("audit(")) {
			return text
		}
	}
	return nil
}

func (x *quoted) line(line []byte, record func([]byte)) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if err := x.read(line); err != nil {
		return err
	}
	text := x.quotedLine()
	if text == nil {
		return audit.ErrOther
	}
	host := x.get(x.root(), quotedHost...)
	for one := range bytes.Lines(text) {
		one = bytes.TrimRight(one, "\r\n")
		x.buf = x.buf[:0]
		if plain(host) && bytes.HasPrefix(one, []byte("type=")) {
			x.buf = append(append(append(x.buf, "node="...), host...), ' ')
		}
		x.buf = append(x.buf, one...)
		record(x.buf)
	}
	return nil
}
