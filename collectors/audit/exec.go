package audit

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/text"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/syscalls/meaning"
)

// Joined stands for the number of arguments where a shipper made one text of them.
const Joined = "?"

// exec reads what a successful execution's records tell, which show the process as it is after the call.
func (d *Decoder) exec(g *group, c *meaning.Shape, o *companions) *event.Exec {
	dr := &d.draft
	x := &event.Exec{OwnerUID: -1}
	switch line, cut := d.cmdline(g, x); {
	case line != "":
		dr.Actor.Cmdline, dr.Actor.CmdlineCut = line, cut
	case len(d.execves) == 0: // a title is all there is, of which the kernel keeps the beginning
		x.LeftOut = event.SomeLeftOut
	}
	// The kernel opens what was asked for, then the interpreter that its first line names, and so on, and at last the dynamic
	// loader: the program that runs is the last before the loader.
	files := d.paths
	if n := len(files); n > 1 && loader(d.texts.Path(files[n-1].name)) {
		files = files[:n-1]
	}
	if n := len(files); n > 0 {
		x.OwnerUID, x.Mode = files[n-1].uid, files[n-1].mode
		dr.File = collectors.FileID{Device: files[n-1].device, Inode: files[n-1].inode}
		if asked := d.resolve(&files[0], c.Dir); n > 1 && asked != dr.Actor.Path {
			x.ScriptPath = asked
		}
	}
	x.FileCaps, _ = hexNumber(field(o.fcaps, "fp"))
	return x
}

// loader tells whether a path is that of a dynamic loader: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld64.so.2, ld.so.1.
func loader(path string) bool {
	name := event.LastPart(path)
	return strings.HasPrefix(name, "ld") && strings.Contains(name, ".so")
}

// cmdline joins the arguments of EXECVE records (audit_log_execve_info): a0, a1, …, where a long one is a2_len and
// a2[0], a2[1], …, over several records. It tells the execution where each argument ends, and how much was left out.
func (d *Decoder) cmdline(g *group, x *event.Exec) (line string, cut bool) {
	recs := d.execves[:0]
	for _, r := range g.recs {
		if r.typ != typeExecve {
			continue
		}
		at := len(recs)
		for at > 0 && firstArgument(g.body(recs[at-1])) > firstArgument(g.body(r)) {
			at--
		}
		recs = slices.Insert(recs, at, r)
	}
	d.execves = recs
	if len(recs) == 0 {
		return "", false
	}
	out, ends := d.args[:0], d.ends[:0]
	next, part := int64(0), int64(-1) // the argument awaited; the part of it that came last, -1 for none
	argc, whole := int64(-1), true
	cut = g.execve > d.maxExecve()
	left := int64(0) // bytes beyond what is kept
	for _, r := range recs {
		body, _ := split(g.body(r))
		s := scanner{body}
		for {
			key, value, ok := s.next()
			if !ok {
				break
			}
			if string(key) == "argc" && argc < 0 {
				if n, ok := decimal(value); ok {
					argc = n
				} else if string(value) == Joined {
					argc, whole = 0, false
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
					ends = append(ends, len(out))
					out = append(out, ' ')
				}
			}
			next, part = arg+1, sub
			if text.Absent(value) {
				continue
			}
			b, good := d.texts.Bytes(value)
			if !good {
				cut = true
				d.n.repaired.Add(1)
			}
			if room := max(d.MaxCmdline-len(out), 0); len(b) > room {
				left += int64(len(b) - room)
				b = b[:room]
			}
			out = append(out, b...)
		}
	}
	if argc < 0 || next < argc {
		cut = true
	}
	if len(out) > d.MaxCmdline { // by a blank
		out = out[:d.MaxCmdline]
	}
	ends = append(ends, len(out))
	if !utf8.Valid(out) {
		out, ends = validArguments(out, ends)
		d.n.repaired.Add(1)
	}
	d.args, d.ends = out, ends
	switch {
	case cut:
		x.LeftOut = event.SomeLeftOut
	case left > 0:
		x.LeftOut, cut = left, true
	}
	line = d.texts.Line(out)
	if whole && len(line) == len(out) {
		x.Ends = d.argumentEnds(len(line))
	}
	return line, cut
}

// argumentEnds gives where arguments end, of which there are few patterns.
func (d *Decoder) argumentEnds(length int) string {
	var room [64]byte
	b := event.AppendArgumentEnds(room[:0], d.ends, length)
	if kept, ok := d.kept[string(b)]; ok {
		return kept
	}
	s := string(b)
	if len(s) > len(room) {
		return s
	}
	if d.kept == nil || len(d.kept) >= maxKept {
		d.kept = make(map[string]string)
	}
	d.kept[s] = s
	return s
}

const maxKept = 4096

// validArguments replaces what is no UTF-8 in arguments of which each ends where ends say.
func validArguments(line []byte, ends []int) (valid []byte, at []int) {
	start := 0
	for i, end := range ends {
		if i > 0 {
			valid = append(valid, ' ')
			start++
		}
		valid = append(valid, bytes.ToValidUTF8(line[min(start, end):end], []byte("\uFFFD"))...)
		at = append(at, len(valid))
		start = end
	}
	return valid, at
}

// maxExecve is how many bytes of an event's EXECVE records are kept: as many as the command line needs whose every byte is written
// by two digits.
func (d *Decoder) maxExecve() int { return 2*d.MaxCmdline + 16<<10 }

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
