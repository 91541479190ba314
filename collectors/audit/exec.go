package audit

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// exec fills in an execution. The record shows the process as it is after the call, so only a successful one started the
// program that it names.
func (d *Decoder) exec(g *group, c *shape, o *companions) {
	dr := &d.draft
	if dr.Event.Outcome != event.Success {
		d.plainPath(c)
		return
	}
	dr.Event.Kind = event.KindProcessStart
	if line, cut := d.cmdline(g); line != "" {
		dr.Actor.Cmdline, dr.Actor.CmdlineCut = line, cut
	}
	x := &event.Exec{OwnerUID: -1}
	// The kernel opens what was asked for, then the interpreter that its first line names, and so on, and at last the dynamic
	// loader: the program that runs is the last before the loader.
	files := d.paths
	if n := len(files); n > 1 && loader(d.texts.path(files[n-1].name)) {
		files = files[:n-1]
	}
	if n := len(files); n > 0 {
		x.OwnerUID, x.Mode = files[n-1].uid, files[n-1].mode
		if asked := d.resolve(&files[0], c.dir); n > 1 && asked != dr.Actor.Path {
			x.ScriptPath = asked
		}
	}
	x.FileCaps, _ = hexNumber(field(o.fcaps, "fp"))
	dr.Event.Detail = x
}

// loader tells whether a path is that of a dynamic loader: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld64.so.2, ld.so.1.
func loader(path string) bool {
	name := event.LastPart(path)
	return strings.HasPrefix(name, "ld") && strings.Contains(name, ".so")
}

// cmdline joins the arguments of EXECVE records (audit_log_execve_info): a0, a1, …, where a long one is a2_len and
// a2[0], a2[1], …, over several records.
func (d *Decoder) cmdline(g *group) (line string, cut bool) {
	var recs [16]record
	n := 0
	for _, r := range g.recs {
		if r.typ != typeExecve || n == len(recs) {
			continue
		}
		at := n
		for at > 0 && firstArgument(g.body(recs[at-1])) > firstArgument(g.body(r)) {
			recs[at] = recs[at-1]
			at--
		}
		recs[at] = r
		n++
	}
	if n == 0 {
		return "", false
	}
	out := d.args[:0]
	next, part := int64(0), int64(-1) // the argument awaited; the part of it that came last, -1 for none
	argc := int64(-1)
	cut = g.execve > maxExecve
	for _, r := range recs[:n] {
		body, _ := split(g.body(r))
		s := scanner{body}
		for len(out) < maxCmdline {
			key, value, ok := s.next()
			if !ok {
				break
			}
			if string(key) == "argc" && argc < 0 {
				if n, ok := decimal(value); ok {
					argc = n
				}
				continue
			}
			arg, sub, ok := argument(key)
			if !ok {
				continue
			}
			switch {
			case sub > 0 && part == sub-1 && arg == next-1: // more of the last one
			case arg < next: // a second one of the same name, unless a part before it is missing
				cut = cut || arg == next-1 && sub > part
				continue
			default:
				cut = cut || arg > next || sub > 0 // some are missing
				if next > 0 {
					out = append(out, ' ')
				}
			}
			next, part = arg+1, sub
			if absent(value) {
				continue
			}
			b, good := d.texts.bytes(value)
			if !good {
				cut = true
				d.n.repaired.Add(1)
			}
			out = append(out, b...)
		}
	}
	if argc < 0 || next < argc {
		cut = true
	}
	if len(out) > maxCmdline {
		out, cut = out[:maxCmdline], true
	}
	d.args = out
	return d.texts.line(out), cut
}

// firstArgument gives a sort key: the place of a record's first argument.
func firstArgument(body []byte) int64 {
	s := scanner{body}
	for {
		key, _, ok := s.next()
		if !ok {
			return 1 << 62
		}
		if string(key) == "argc" {
			return -1
		}
		if arg, sub, ok := argument(key); ok {
			return arg<<32 + sub
		}
	}
}

// argument reads "a12" and "a12[3]". Of the first, sub is -1.
func argument(key []byte) (arg, sub int64, ok bool) {
	if len(key) < 2 || key[0] != 'a' {
		return 0, 0, false
	}
	v, n := scanDigits(key[1:], 8)
	if n == 0 {
		return 0, 0, false
	}
	key = key[1+n:]
	if len(key) == 0 {
		return int64(v), -1, true
	}
	if key[0] != '[' || key[len(key)-1] != ']' {
		return 0, 0, false
	}
	w, n := scanDigits(key[1:], 8)
	if n == 0 || n != len(key)-2 {
		return 0, 0, false
	}
	return int64(v), int64(w), true
}
