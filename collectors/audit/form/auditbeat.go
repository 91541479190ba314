package form

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"github.com/apiwatch/apiwatch/collectors/audit"
)

// auditbeat reads the auditd module of Auditbeat and Elastic Agent: an event a document of ECS, whose records' fields lie in
// auditd.data, process, user and auditd.paths, or, where include_raw_message is set, in event.original as they were.
// (aucoalesce of github.com/elastic/go-libaudit; auditbeat/module/auditd of github.com/elastic/beats.)
type auditbeat struct {
	lines
	document
}

// Auditbeat is what Auditbeat's auditd module and Elastic Agent's integration of it write.
var Auditbeat = format("audit log of Auditbeat or Elastic Agent (JSON)", newAuditbeat,
	func(head []byte) bool { return anyEvent(head, `auditd`, auditbeatEvent) })

func newAuditbeat() translator { return new(auditbeat).line }

// root gives the event within what Elasticsearch's exports put around it.
func (d *document) root() int {
	if i := d.Member(0, "_source"); i >= 0 {
		return i
	}
	return 0
}

func auditbeatEvent(d *document) error {
	at := d.root()
	if d.find(at, "auditd.sequence") < 0 {
		return errors.New("it has no auditd.sequence, so it is no event of Auditbeat's auditd module")
	}
	if auditbeatType(d, at) == "" {
		return errors.New("it has no auditd.message_type")
	}
	_, err := auditbeatStamp(d, at)
	return err
}

// auditbeatType gives the type of an event's first record in capitals, "" for none.
func auditbeatType(d *document, at int) string {
	typ := bytes.ToUpper(d.get(at, "auditd.message_type", "event.type"))
	if !plain(typ) || !recordType(typ) {
		return ""
	}
	return string(typ)
}

func auditbeatStamp(d *document, at int) ([]byte, error) {
	t, err := time.Parse(time.RFC3339Nano, string(d.get(at, "@timestamp")))
	if err != nil || t.Unix() < 0 {
		return nil, errors.New("it has no @timestamp of RFC 3339")
	}
	serial := d.get(at, "auditd.sequence")
	stamp := strconv.AppendInt(nil, t.Unix(), 10)
	stamp = append(stamp, '.')
	stamp = append(stamp, strconv.Itoa(1000 + t.Nanosecond()/1e6)[1:]...)
	return append(append(stamp, ':'), serial...), nil
}

func (x *auditbeat) line(line []byte, record func([]byte)) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if err := x.read(line); err != nil {
		return err
	}
	at := x.root()
	if module := x.get(at, "event.module"); module != nil && string(module) != "auditd" {
		return audit.ErrOther
	}
	if err := auditbeatEvent(&x.document); err != nil {
		return err
	}
	x.record = record
	stamp, err := auditbeatStamp(&x.document, at)
	if err != nil {
		return err
	}
	if err := x.event(x.get(at, "host.hostname", "host.name", "beat.hostname", "agent.hostname"), stamp); err != nil {
		return err
	}
	if original := x.strings(x.find(at, "event.original")); original != nil {
		for _, r := range original {
			if !bytes.HasPrefix(r, []byte("type=EOE ")) {
				x.buf = x.buf[:0]
				if len(x.node) > 0 {
					x.buf = append(append(append(x.buf, "node="...), x.node...), ' ')
				}
				x.buf = append(x.buf, bytes.ReplaceAll(r, []byte{'\n'}, []byte{' '})...)
				x.end()
			}
		}
	} else if x.data(at, "syscall") != nil && (x.data(at, "exit") != nil || x.data(at, "a0") != nil) {
		if err := x.compound(at); err != nil {
			return err
		}
	} else if typ := auditbeatType(&x.document, at); audit.IsChange(typ) {
		x.change(at, typ)
	} else { // a record of its own: that it was there is counted
		x.begin(auditbeatType(&x.document, at))
		x.end()
	}
	x.close()
	return nil
}

// change writes a record of a change of auditing itself.
func (x *auditbeat) change(at int, typ string) {
	x.begin(typ)
	for _, name := range []string{
		"op", "list", "old", "new", "audit_enabled", "audit_pid", "audit_backlog_limit", "audit_backlog_wait_time", "audit_failure",
		"audit_rate_limit", "lost", "feature", "actions", "old-actions", "nl-mcgrp",
	} {
		x.word(name, x.data(at, name))
	}
	for _, name := range []string{"path", "dir", "key"} {
		if value := x.data(at, name); string(value) != "(null)" {
			x.text(name, value)
		}
	}
	for _, name := range []string{"auid", "ses", "pid", "uid"} {
		x.word(name, x.get(at, ids[name]...))
	}
	x.text("comm", x.get(at, ids["comm"]...))
	x.text("exe", x.get(at, ids["exe"]...))
	x.word("res", x.get(at, "auditd.result"))
	x.end()
}

// ids are where Auditbeat puts what a record says of users, its versions' places in turn. It leaves out an effective user that is
// the real one.
var ids = map[string][]string{
	"auid": {"user.audit.id", "user.auid"},
	"uid":  {"user.id", "user.uid"}, "gid": {"user.group.id", "user.gid"},
	"euid": {"user.effective.id", "user.euid", "user.id"}, "egid": {"user.effective.group.id", "user.egid", "user.group.id"},
	"suid": {"user.saved.id", "user.suid"}, "sgid": {"user.saved.group.id", "user.sgid"},
	"fsuid": {"user.filesystem.id", "user.fsuid"}, "fsgid": {"user.filesystem.group.id", "user.fsgid"},
	"pid": {"process.pid"}, "ppid": {"process.parent.pid", "process.ppid"}, "ses": {"auditd.session"},
	"comm": {"process.name"}, "exe": {"process.executable", "process.exe"},
}

// data gives a field of the event's records that has no place of its own.
func (x *auditbeat) data(at int, name string) []byte { return x.get(at, "auditd.data."+name) }

// compound writes the records of a system call.
func (x *auditbeat) compound(at int) error {
	paths := x.find(at, "auditd.paths")
	items := 0
	x.objects(paths, func(int) { items++ })
	get := func(name string) []byte {
		if places := ids[name]; places != nil {
			return x.get(at, places...)
		}
		switch name {
		case "items":
			return strconv.AppendInt(nil, int64(items), 10)
		case "success":
			switch string(x.get(at, "auditd.result")) {
			case "success":
				return []byte("yes")
			case "fail":
				return []byte("no")
			}
			return nil
		}
		return x.data(at, name)
	}
	if err := x.call(get, x.get(at, "user.name", "user.name_map.uid")); err != nil {
		return err
	}
	if args := x.strings(x.find(at, "process.args")); args != nil && bytes.HasPrefix(get("syscall"), []byte("execve")) {
		argc, err := strconv.Atoi(string(x.data(at, "argc")))
		if err != nil {
			argc = len(args)
		}
		x.execve(argc, args)
	}
	x.some("CWD", "cwd", x.get(at, "process.working_directory", "process.cwd"))
	x.objects(paths, func(i int) {
		x.begin("PATH")
		for _, name := range []string{"item", "inode", "dev", "mode", "ouid", "ogid", "rdev", "nametype"} {
			x.word(name, x.get(i, name))
		}
		if name := x.get(i, "name"); name != nil && string(name) != "(null)" {
			x.text("name", name)
		}
		x.end()
	})
	x.some("PROCTITLE", "proctitle", x.get(at, "process.title"))
	x.socket(x.data(at, "socket.family"), x.data(at, "socket.addr"), x.data(at, "socket.port"), x.data(at, "socket.path"))
	x.words(at, "OBJ_PID", "opid", "oauid", "ouid", "oses")
	x.words(at, "CAPSET", "cap_pp", "cap_pe", "cap_pi", "cap_pa")
	x.words(at, "BPRM_FCAPS", "fp", "fi", "fe", "fver")
	x.words(at, "OPENAT2", "oflag", "mode", "resolve")
	if bytes.HasSuffix(get("syscall"), []byte("_module")) {
		x.some("KERN_MODULE", "name", x.data(at, "name"))
	}
	return nil
}

// some writes a record of one text, where there is one.
func (l *lines) some(typ, name string, value []byte) {
	if value != nil {
		l.begin(typ)
		l.text(name, value)
		l.end()
	}
}

// words writes a record of such fields, where the first is there.
func (x *auditbeat) words(at int, typ string, names ...string) {
	if x.data(at, names[0]) == nil {
		return
	}
	x.begin(typ)
	for _, name := range names {
		x.word(name, x.data(at, name))
	}
	if comm := x.data(at, "ocomm"); typ == "OBJ_PID" && comm != nil {
		x.text("ocomm", comm)
	}
	x.end()
}
