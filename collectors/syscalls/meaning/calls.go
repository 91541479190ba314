package meaning

import (
	"maps"
	"strconv"
	"sync"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/syscalls"
)

// Calls finds the call of an architecture and number without asking for names again. It is for one goroutine, but for Strange.
type Calls struct {
	known   map[uint32][]*Shape
	strange map[strangeCall]*Shape // of the x32 ABI and of unknown architectures and numbers
	within  map[string]*Shape      // calls that one stands for which was used
	madeUp  int
	arches  *strangeArches
}

type strangeCall struct {
	arch   uint32
	number int64
}

// maxMadeUp bounds the names made up for unknown calls, because names live as long as the process.
const maxMadeUp = 256

var otherShape = shapeOf("syscall_other")

// NewCalls knows nothing yet.
func NewCalls() Calls {
	return Calls{
		known: make(map[uint32][]*Shape), strange: make(map[strangeCall]*Shape), within: make(map[string]*Shape),
		arches: new(strangeArches),
	}
}

// Used gives the call for which one that stands for several was used; the latter itself if that is not known.
func (c *Calls) Used(of *Shape, which uint64) *Shape {
	name := syscalls.Within(of.API.Name, which)
	if name == "" {
		return of
	}
	if c.within[name] == nil {
		c.within[name] = shapeOf(name)
	}
	return c.within[name]
}

// Strange counts the calls of architectures whose calls have no names here, by their names. It is safe to call at any time.
func (c *Calls) Strange() map[string]uint64 { return c.arches.counts() }

// strangeArches counts the calls of architectures whose calls have no names here.
type strangeArches struct {
	mu    sync.Mutex
	calls map[string]uint64
}

// maxStrange bounds how many are told apart.
const maxStrange = 16

func (s *strangeArches) count(arch uint32) {
	name := syscalls.ArchName(arch)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = make(map[string]uint64)
	}
	if _, known := s.calls[name]; !known && len(s.calls) >= maxStrange {
		name = "others"
	}
	s.calls[name]++
}

func (s *strangeArches) counts() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// Find gives the call of a number, one made up where the number has no name.
func (c *Calls) Find(arch uint32, number int64) *Shape {
	row := c.known[arch]
	if number >= 0 && number < int64(len(row)) {
		if x := row[number]; x != nil {
			return x
		}
	}
	name := syscalls.Name(arch, number)
	if name == "" && !syscalls.Known(arch) {
		c.arches.count(arch)
	}
	if name == "" || number&syscalls.X32Bit != 0 {
		key := strangeCall{arch, number}
		if x := c.strange[key]; x != nil {
			return x
		}
		if name == "" {
			if c.madeUp == maxMadeUp {
				return otherShape
			}
			c.madeUp++
			name = "syscall_" + strconv.FormatInt(number, 10)
		}
		c.strange[key] = shapeOf(name)
		return c.strange[key]
	}
	if row == nil {
		row = make([]*Shape, len(syscalls.Table(arch)))
		c.known[arch] = row
	}
	row[number] = shapeOf(name)
	return row[number]
}

func shapeOf(name string) *Shape {
	s := shapes[name]
	s.API = event.APINamed(name)
	return &s
}
