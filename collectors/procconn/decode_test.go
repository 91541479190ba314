package procconn

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// datagram builds what the kernel sends.
func datagram(what, cpu, seq uint32, bootNS uint64, words ...uint32) []byte {
	order := binary.NativeEndian
	b := make([]byte, messageStart, messageStart+64)
	order.PutUint32(b[nlHeader:], cnIdxProc)
	order.PutUint32(b[nlHeader+4:], cnValProc)
	order.PutUint32(b[nlHeader+8:], seq)
	order.PutUint16(b[nlHeader+16:], uint16(eventHeader+4*len(words)))
	b = order.AppendUint32(b, what)
	b = order.AppendUint32(b, cpu)
	b = order.AppendUint64(b, bootNS)
	for _, w := range words {
		b = order.AppendUint32(b, w)
	}
	order.PutUint32(b, uint32(len(b)))
	return b
}

func TestDecode(t *testing.T) {
	life := func(kind collectors.LifecycleKind, pid, ppid, uid, gid, code int64) collectors.Lifecycle {
		return collectors.Lifecycle{Kind: kind, PID: pid, PPID: ppid, UID: uid, GID: gid, Code: code, BootNS: 77}
	}
	for name, c := range map[string]struct {
		what  uint32
		words []uint32
		want  collectors.Lifecycle
		err   error
	}{
		"fork":             {eventFork, []uint32{10, 9, 20, 20}, life(collectors.Forked, 20, 9, -1, -1, 0), nil},
		"new thread":       {eventFork, []uint32{10, 9, 21, 20}, collectors.Lifecycle{}, nil},
		"exec":             {eventExec, []uint32{20, 20}, life(collectors.Executed, 20, 0, -1, -1, 0), nil},
		"uid":              {eventUID, []uint32{20, 20, 1, 2}, life(collectors.SetID, 20, 0, 2, -1, 0), nil},
		"gid":              {eventGID, []uint32{20, 20, 1, 0xfffffffe}, life(collectors.SetID, 20, 0, -1, 0xfffffffe, 0), nil},
		"thread's uid":     {eventUID, []uint32{21, 20, 1, 2}, collectors.Lifecycle{}, nil},
		"session":          {eventSID, []uint32{20, 20}, life(collectors.SetSession, 20, 0, -1, -1, 0), nil},
		"traced thread":    {eventPtrace, []uint32{21, 20, 30, 30}, life(collectors.Traced, 20, 30, -1, -1, 0), nil},
		"comm":             {eventComm, []uint32{20, 20, 0, 0, 0, 0}, life(collectors.Renamed, 20, 0, -1, -1, 0), nil},
		"exit":             {eventExit, []uint32{20, 20, 256, 17, 9, 8}, life(collectors.Exited, 20, 8, -1, -1, 256), nil},
		"exit before 4.18": {eventExit, []uint32{20, 20, 9, 17}, life(collectors.Exited, 20, 0, -1, -1, 9), nil},
		"thread's exit":    {eventExit, []uint32{21, 20, 0, 17, 9, 8}, collectors.Lifecycle{}, nil},
		"core dump":        {eventCore, []uint32{20, 20, 9, 9}, collectors.Lifecycle{}, nil},
		"negative pid":     {eventExec, []uint32{0xffffffff, 0xffffffff}, collectors.Lifecycle{}, nil},
		"unknown kind":     {0x400, []uint32{1, 1}, collectors.Lifecycle{}, errUnknown},
		"short fork":       {eventFork, []uint32{10, 9}, collectors.Lifecycle{}, errShort},
	} {
		m, err := decode(datagram(c.what, 3, 5, 77, c.words...))
		if !errors.Is(err, c.err) || m.life != c.want {
			t.Errorf("%s: got %+v %v, want %+v %v", name, m.life, err, c.want, c.err)
		}
		if err == nil && (m.cpu != 3 || m.seq != 5) {
			t.Errorf("%s: cpu %d, sequence %d", name, m.cpu, m.seq)
		}
	}
	if m, err := decode(datagram(eventAck, noCPU, 0, 0, 1)); err != nil || !m.ack || m.errno != 1 {
		t.Errorf("acknowledgement: %+v %v", m, err)
	}
	whole := datagram(eventFork, 0, 0, 0, 1, 1, 2, 2)
	for n := range whole {
		if _, err := decode(whole[:n]); !errors.Is(err, errShort) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	whole[nlHeader] = 7
	if _, err := decode(whole); !errors.Is(err, errForeign) {
		t.Errorf("another connector: %v", err)
	}
}

func TestSequences(t *testing.T) {
	var s sequences
	for _, m := range [][2]uint32{{0, 100}, {1, 7}, {0, 101}, {1, 8}, {0, 104}, {1, 0}, {1, 1}, {2, 0xffffffff}, {2, 1}} {
		s.take(m[0], m[1])
	}
	if s.lost != 3 { // 102 and 103 of processor 0, 0 of processor 2; processor 1 began anew
		t.Errorf("lost %d, want 3", s.lost)
	}
	for cpu := range uint32(2 * maxCPUs) {
		s.take(cpu, 0)
	}
	if len(s.next) > maxCPUs {
		t.Errorf("remembers %d processors", len(s.next))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(datagram(eventFork, 0, 0, 1, 1, 1, 2, 2))
	f.Add(datagram(eventExit, 0, 0, 1, 1, 1, 0, 17, 1, 1))
	f.Add(datagram(eventComm, 0, 0, 1, 1, 1, 0, 0, 0, 0))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if m.life.Kind != 0 && (err != nil || m.life.PID <= 0) {
			t.Errorf("%+v %v", m, err)
		}
	})
}
