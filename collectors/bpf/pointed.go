package bpf

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/syscalls/meaning"
)

// value gives a number that an argument led to, by its place: of four bytes where the caller has 32 bits, unless the call is made for more.
func (d *Decoder) value(r record, i int) uint64 {
	if r.flags()&flagCompat == 0 || strings.HasSuffix(d.draft.Event.API.Name, "64") {
		return r.u64(valueAt + 8*i)
	}
	return uint64(int64(int32(r.u32(valueAt + 4*i))))
}

// pointed takes what arguments led to where the call's meaning needs it.
func (d *Decoder) pointed(r record, s *meaning.Shape) {
	if s.How == meaning.AsOpenat2 {
		d.facts.OpenFlags = uint32(r.u64(valueAt))
	}
}

// finish adds what arguments led to.
func (d *Decoder) finish(r record) {
	e := &d.draft.Event
	switch x := e.Detail.(type) {
	case *event.Flow:
		switch r.u64(valueAt) {
		case 1:
			x.Protocol = "tcp"
		case 2:
			x.Protocol = "udp"
		}
	case *event.Mount: // what it acts on is the place, also where that is a process's
		d.draft.Target = collectors.Unknown()
		x.FSType = d.texts.Word(ended(r.text(4)))
	case *event.FileChange:
		if x.Action == "times" {
			d.times(r, x)
		}
	case nil:
		d.other(r)
	}
}

// other adds what arguments led to of calls without a detail of their own.
func (d *Decoder) other(r record) {
	e := &d.draft.Event
	var told []event.Argument
	switch e.API.Name {
	case "nanosleep", "clock_nanosleep", "clock_nanosleep_time64":
		told = []event.Argument{{Name: "seconds", Value: seconds(d.value(r, 0), d.value(r, 1))}}
	case "clock_settime", "clock_settime64", "settimeofday":
		told = []event.Argument{{Name: "time", Value: strconv.FormatInt(int64(d.value(r, 0)), 10)}}
	case "clone3":
		e.Kind, e.NArgs = event.KindMount, 0
		told = []event.Argument{{Name: "flags", Value: linux.CloneFlags(r.u64(valueAt))}}
	case "fcntl", "fcntl64":
		told = []event.Argument{{Name: "type", Value: linux.LockType(r.u16(valueAt))}}
	case "memfd_create", "delete_module":
		if name := ended(r.text(4)); len(name) > 0 {
			told = []event.Argument{{Name: "name", Value: d.texts.Word(name)}}
		}
	case "process_vm_readv", "process_vm_writev":
		e.Detail = &event.Memory{Address: d.value(r, 0), Size: d.value(r, 1)}
		return
	}
	if told != nil {
		e.Detail = &event.Pointed{Told: told}
	}
}

// seconds writes a length of time, "30" or "0.5".
func seconds(whole, nanoseconds uint64) string {
	return strconv.FormatFloat(float64(whole)+float64(nanoseconds)/1e9, 'f', -1, 64)
}

// Nanoseconds by which utimensat(2) says that the time is now, or stays as it is.
const (
	timeNow  = 1<<30 - 1
	timeOmit = 1<<30 - 2
)

// times takes the times that a file was given: the file's own where the kernel's object told them, else those that were asked for.
func (d *Decoder) times(r record, x *event.FileChange) {
	if k := r.file(callFileAt); k.inode != 0 {
		x.ATimeNS, x.MTimeNS = k.atime, k.mtime
		return
	}
	set := func(seconds, rest, unit uint64) int64 {
		if unit == 1 && (rest == timeNow || rest == timeOmit) {
			return 0
		}
		return int64(seconds)*1e9 + int64(rest*unit)
	}
	switch d.draft.Event.API.Name {
	case "utime":
		x.ATimeNS, x.MTimeNS = int64(d.value(r, 0))*1e9, int64(d.value(r, 1))*1e9
	case "utimes", "futimesat":
		x.ATimeNS, x.MTimeNS = set(d.value(r, 0), d.value(r, 1), 1e3), set(d.value(r, 2), d.value(r, 3), 1e3)
	default:
		x.ATimeNS, x.MTimeNS = set(d.value(r, 0), d.value(r, 1), 1), set(d.value(r, 2), d.value(r, 3), 1)
	}
}
