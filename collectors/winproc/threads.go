package winproc

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// ThreadStart is a thread with where it began.
type ThreadStart struct {
	Process   *event.Process
	ThreadID  int64
	CreatedNS int64 // Unix nanoseconds, 0 if unknown
	Start     uint64
	Region    Region // that holds Start; zero if there is none any more
	Module    string // image that holds Start, with a drive letter; "" if Start lies in none that has a file
	File      string // what is mapped there, if it is no image
	// Private is 1 if the page at Start is this process's own, though it is an image's: somebody wrote to it; 0 if not, -1
	// if unknown.
	Private int64
	// UnbackedFrames counts what looks like return addresses into code that no file backs, and FirstFrame is the innermost;
	// -1 where not asked for or not to be had.
	UnbackedFrames int64
	FirstFrame     uint64
}

// Unbacked tells whether the thread began outside every module.
func (t *ThreadStart) Unbacked() bool { return t.Module == "" }

// Bounds of the look at one thread's stack.
const (
	stackBytes   = 64 << 10
	maxSpans     = 10_000
	maxCallReads = 256
)

// ThreadStarts yields threads with where they began, ascending by pid. With frames it looks at the stacks of those processes
// that have executable memory of no file, without stopping any thread.
func (h *Host) ThreadStarts(ctx context.Context, q Query, frames bool) iter.Seq[ThreadStart] {
	return scan(ctx, h, itemThreads, q, true, func(ctx context.Context, s *scanned) ([]ThreadStart, error) {
		var out []ThreadStart
		f := &files{s: s}
		var spans []span
		frames := frames && !s.Wow64() // the stacks of another machine type are not understood
		if frames {
			var err error
			if spans, err = unbacked(ctx, s, f); err != nil {
				return nil, err
			}
		}
		err := s.threads(ctx, func(e ThreadEntry, id int64, th Thread) error {
			start, err := th.Start()
			if err != nil {
				return err
			}
			t := f.start(start)
			t.Process, t.ThreadID, t.CreatedNS = s.snapshot(), id, unixNS(e.Created)
			t.UnbackedFrames = -1
			if frames {
				t.UnbackedFrames, t.FirstFrame = framesIn(s, th, spans)
			}
			out = append(out, t)
			return nil
		})
		return out, err
	})
}

// start tells what lies at a thread's start address.
func (f *files) start(address uint64) ThreadStart {
	t := ThreadStart{Start: address, Private: -1}
	r, err := f.s.Region(address)
	if err != nil {
		return t
	}
	t.Region = r
	if r.State != memCommit {
		return t
	}
	if name, err := f.file(&r); err == nil && name != "" {
		if r.Type == memImage {
			t.Module = f.s.host.path(name)
		} else {
			t.File = f.s.host.path(name)
		}
	}
	f.addresses[0] = address &^ (pageSize - 1)
	if r.Type == memImage && f.s.Pages(f.addresses[:1], f.states[:1]) == nil && f.states[0].Resident() {
		t.Private = 0
		if f.states[0].Private() {
			t.Private = 1
		}
	}
	return t
}

// span is a run of addresses.
type span struct{ start, end uint64 }

func within(spans []span, address uint64) bool {
	low, high := 0, len(spans)
	for low < high {
		if m := int(uint(low+high) >> 1); spans[m].end <= address {
			low = m + 1
		} else {
			high = m
		}
	}
	return low < len(spans) && spans[low].start <= address
}

// unbacked gives the executable memory that no file backs, ascending.
func unbacked(ctx context.Context, p Process, f *files) ([]span, error) {
	var out []span
	err := regions(ctx, p, func(r *Region) error {
		if name, err := f.file(r); err != nil || name != "" {
			return nil //nolint:nilerr // whose name is not to be had counts as backed: it is mapped from something
		}
		if len(out) == maxSpans {
			return fmt.Errorf("%w: more than %d executable regions without a file", errTooMany, maxSpans)
		}
		out = append(out, span{r.Base, r.End()})
		return nil
	})
	return out, err
}

// framesIn counts the frames of a thread that lie in spans: its program counter, and what on its stack points behind a call
// instruction there. -1 if the stack is not to be had.
func framesIn(p Process, th Thread, spans []span) (count int64, first uint64) {
	if len(spans) == 0 {
		return 0, 0
	}
	at, err := th.Stack()
	if err != nil {
		return -1, 0
	}
	// The stack is one region from the pages that a thread touched deepest to its base.
	sp := at.SP &^ 7
	r, err := p.Region(sp)
	if err != nil || r.State != memCommit || r.End() <= sp {
		return -1, 0
	}
	found := func(address uint64) {
		if count++; count == 1 {
			first = address
		}
	}
	if within(spans, at.PC) {
		found(at.PC)
	}
	stack := make([]byte, min(r.End()-sp, stackBytes))
	if p.Read(sp, stack) != nil {
		return -1, 0
	}
	reads := 0
	for ; len(stack) >= 8 && reads < maxCallReads; stack = stack[8:] {
		address := binary.LittleEndian.Uint64(stack)
		if !within(spans, address) {
			continue
		}
		reads++
		var code [callBytes]byte
		if p.Read(address-callBytes, code[:]) == nil && afterCall(code) {
			found(address)
		}
	}
	return count, first
}

const callBytes = 8

// afterCall tells whether code may end with a call instruction of x86-64 (Intel SDM, CALL): E8 with four bytes of
// displacement, or FF /2 with its ModRM byte and what that one says follows.
func afterCall(code [callBytes]byte) bool {
	if code[callBytes-5] == 0xe8 {
		return true
	}
	for n := 2; n <= 7; n++ {
		if at := callBytes - n; code[at] == 0xff && indirectCall(code[at+1:]) == n {
			return true
		}
	}
	return false
}

// indirectCall gives the length of FF /2 from what follows the FF, 0 if it is another instruction.
func indirectCall(after []byte) int {
	modrm := after[0]
	if modrm>>3&7 != 2 {
		return 0
	}
	mod, rm, n := modrm>>6, modrm&7, 2
	if mod == 3 {
		return n
	}
	base := rm
	if rm == 4 { // a SIB byte follows
		n++
		if len(after) < 2 {
			return 0
		}
		base = after[1] & 7
	}
	switch {
	case mod == 1:
		n++
	case mod == 2, mod == 0 && base == 5: // a displacement of four bytes
		n += 4
	}
	return n
}
