package form

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/audit/text"
)

// records reads audit logs of which each record became an object of its own: as Filebeat's auditd module, rsyslog's mmaudit and Azure's
// LinuxAuditLog have them, or by any shipper that takes the fields of a line apart.
type records struct {
	lines
	document
}

// Records are records of audit.log taken apart, each in an object of its own.
var Records = format("records of audit.log taken apart (JSON)", newRecords, func(head []byte) bool {
	if !bytes.Contains(head, []byte("SYSCALL")) && !bytes.Contains(head, []byte(`"hdr"`)) {
		return false
	}
	return anyEvent(head, `"`, func(d *document) error {
		found := audit.ErrOther
		d.items(func(at int) {
			if r, err := d.recordOf(at); err == nil && isCall(r.typ) {
				found = nil
			}
		})
		return found
	})
})

func newRecords() translator { return new(records).line }

// apart is a record taken apart.
type apart struct {
	typ, stamp []byte
	prefix     string // before the names of its fields
	rest       []byte // the fields, where they stand as the kernel wrote them
}

// apartIn is where shippers put a record's type, its time and serial number, together or each, and its fields.
var apartIn = []struct {
	typ, stamp, seconds, serial []string
	prefix                      string
}{
	{
		typ: []string{"auditd.log.record_type"}, seconds: []string{"auditd.log.epoch"}, serial: []string{"auditd.log.sequence"},
		prefix: "auditd.log.",
	},
	{typ: []string{"audit.hdr.type"}, seconds: []string{"audit.hdr.time"}, serial: []string{"audit.hdr.tag"}, prefix: "audit.data."},
	{
		typ:     []string{"type", "record_type", "RecordType", "audit_type", "audit_record_type", "msgtype"},
		stamp:   []string{"msg", "message", "AuditID", "audit_id", "auditid", "audit_msg", "audit", "RawRecord"},
		seconds: []string{"epoch", "timestamp", "time", "Timestamp", "@timestamp"},
		serial:  []string{"sequence", "serial", "serial_number", "SerialNumber", "audit_counter"},
	},
}

// items calls f for the event's object, or for each of those that it holds.
func (d *document) items(f func(at int)) {
	at := d.root()
	if items := d.Member(at, "DataItems"); items >= 0 {
		d.objects(items, f)
		return
	}
	f(at)
}

// recordOf tells what record an object is.
func (d *document) recordOf(at int) (apart, error) {
	if d.quotedLine() != nil {
		return apart{}, errors.New("it holds the line as it was")
	}
	err := audit.ErrOther
	for _, in := range apartIn {
		r := apart{typ: d.get(at, in.typ...), prefix: in.prefix}
		if !plain(r.typ) || !recordType(r.typ) {
			continue
		}
		err = errors.New("it has no audit(seconds.milliseconds:number), or what stands for it, beside its type " + string(r.typ))
		for _, name := range in.stamp {
			if value := d.get(at, name); r.stamp == nil && value != nil {
				r.stamp, r.rest = stampIn(value)
			}
		}
		if r.stamp == nil {
			serial := d.get(at, in.serial...)
			for _, name := range in.seconds {
				if seconds := secondsOf(d.get(at, name)); r.stamp == nil && seconds != nil && digits(serial) {
					r.stamp = append(append(seconds, ':'), serial...)
				}
			}
		}
		if new(lines).event(nil, r.stamp) == nil {
			return r, nil
		}
	}
	return apart{}, err
}

// stampIn takes the time and serial number out of "audit(1364481363.243:24287): …", or gives them where they stand alone.
func stampIn(value []byte) (stamp, rest []byte) {
	from := bytes.TrimPrefix(value, []byte("audit("))
	if len(from) == len(value) {
		if new(lines).event(nil, value) != nil {
			return nil, nil
		}
		return value, nil
	}
	stamp, rest, ok := bytes.Cut(from, []byte(")"))
	if !ok {
		return nil, nil
	}
	return stamp, bytes.TrimSpace(bytes.TrimPrefix(rest, []byte(":")))
}

// secondsOf gives a time as the kernel writes it: seconds with three decimals.
func secondsOf(value []byte) []byte {
	if t, err := time.Parse(time.RFC3339Nano, string(value)); err == nil && t.Unix() > 0 {
		return append(strconv.AppendInt(nil, t.Unix(), 10), ("." + strconv.Itoa(1000 + t.Nanosecond()/1e6)[1:])...)
	}
	if digits(value) && len(value) < 12 {
		return append(value, ".000"...)
	}
	return value
}

// isCall tells a SYSCALL record, which some name by its number.
func isCall(typ []byte) bool { return string(typ) == "SYSCALL" || string(typ) == "1300" }

func (x *records) line(line []byte, record func([]byte)) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if err := x.read(line); err != nil {
		return err
	}
	x.record = record
	var failed error
	x.items(func(at int) {
		r, err := x.recordOf(at)
		if err == nil {
			err = x.one(at, r)
		}
		if err != nil && failed == nil {
			failed = err
		}
	})
	return failed
}

// hostIn is where shippers put the host that a record is of.
var hostIn = []string{"node", "auditd.log.node", "Computer", "host.hostname", "host.name", "agent.name", "host", "_HOSTNAME"}

// one writes a record.
func (x *records) one(at int, r apart) error {
	if bytes.HasPrefix(r.typ, []byte("AUOMS_")) {
		return errors.New("its type " + string(r.typ) + " is none of the kernel's: it was made of several records, and is not read")
	}
	if err := x.event(x.hostOr(x.get(at, hostIn...)), r.stamp); err != nil {
		return err
	}
	get := func(name string) []byte {
		value := x.get(at, r.prefix+name)
		if value == nil && r.prefix == "auditd.log." {
			value = x.get(at, ids[name]...)
		}
		switch name {
		case "comm", "exe":
			return unquoted(value)
		case "success":
			switch string(value) {
			case "true", "1":
				return []byte("yes")
			case "false", "0":
				return []byte("no")
			}
		}
		return value
	}
	switch typ := string(r.typ); {
	case len(r.rest) > 0:
		x.begin(typ)
		x.buf = append(append(x.buf, ' '), bytes.ReplaceAll(r.rest, []byte{'\n'}, []byte{' '})...)
		x.end()
	case isCall(r.typ):
		return x.call(get, nil)
	case typ == "EXECVE", typ == "1309":
		x.arguments(at, get)
	default:
		x.begin(typ)
		for _, name := range apartWords {
			x.word(name, get(name))
		}
		for _, name := range apartTexts {
			if value := get(name); value != nil && string(value) != "(null)" {
				x.text(name, unquoted(value))
			}
		}
		x.end()
	}
	return nil
}

// The fields of the records that stand beside a call's, and of those of changes of auditing: words of the kernel's, and strings.
var (
	apartWords = []string{
		"item", "inode", "dev", "mode", "ouid", "ogid", "rdev", "nametype", "saddr", "opid", "oauid", "oses", "fver", "fp", "fi", "fe",
		"cap_pi", "cap_pp", "cap_pe", "cap_pa", "fd", "flags", "oflag", "resolve", "fd0", "fd1", "per", "qbytes", "op", "list", "old",
		"new", "audit_enabled", "audit_pid", "audit_backlog_limit", "audit_backlog_wait_time", "audit_failure", "audit_rate_limit", "lost",
		"feature", "pid", "ppid", "uid", "auid", "ses", "res", "sig", "syscall", "exit", "success",
	}
	apartTexts = []string{"name", "cwd", "proctitle", "comm", "exe", "ocomm", "path", "dir", "key"}
)

// arguments writes an execution's arguments, whose long ones stand in parts.
func (x *records) arguments(at int, get func(string) []byte) {
	var args [][]byte
	argc, err := strconv.Atoi(string(get("argc")))
	for i := 0; i < len(x.Nodes) && (err != nil || i < argc); i++ {
		name := "a" + strconv.Itoa(i)
		arg := get(name)
		for part := 0; ; part++ {
			more := get(name + "[" + strconv.Itoa(part) + "]")
			if more == nil {
				break
			}
			arg = append(arg, more...)
		}
		if arg == nil {
			break
		}
		args = append(args, unquoted(arg))
	}
	if args == nil {
		args = x.strings(x.find(at, "process.args"))
	}
	if err != nil || argc < len(args) {
		argc = len(args)
	}
	x.execve(argc, args)
}

// unquoted gives a string that a program chose: in the quotes that the kernel puts it in, in the hexadecimal that it writes for what needs
// that, or, where the shipper undid it, as it is.
func unquoted(value []byte) []byte {
	if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1]
	}
	if b, ok := text.AppendHex(nil, value); ok && len(b) > 0 && !plain(b) {
		return b
	}
	return value
}
