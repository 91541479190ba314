package etw

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Module is a file mapped into a process as code.
type Module struct {
	Base, Size uint64
	Path       string
}

// Bounds of what is kept of the modules of processes.
const (
	maxProcesses     = 4096
	maxModules       = 1024 // of one process
	maxFrames        = 32
	firstKernelFrame = 1 << 63
	moduleQuestions  = 64 // processes that may be asked for their modules in one round
)

// modules knows which module lies where in each process: told by image events, and asked of the system for processes that
// were there before.
type modules struct {
	of  map[uint32]*loaded
	ask func(pid uint32) []Module
	// left is how many processes may still be asked in this round.
	left int
}

type loaded struct {
	modules []Module // by ascending base
	asked   bool
}

func (m *modules) process(pid uint32) *loaded {
	if m.of == nil || len(m.of) >= maxProcesses {
		m.of = make(map[uint32]*loaded)
	}
	l := m.of[pid]
	if l == nil {
		l = new(loaded)
		m.of[pid] = l
	}
	return l
}

// started forgets what another process of the number had: all that the new one loads will be told.
func (m *modules) started(pid uint32) {
	l := m.process(pid)
	l.modules, l.asked = l.modules[:0], true
}

func (m *modules) ended(pid uint32) { delete(m.of, pid) }

func (m *modules) load(pid uint32, mod Module) { m.process(pid).add(mod) }

func (l *loaded) add(mod Module) {
	if mod.Size == 0 || mod.Base+mod.Size < mod.Base {
		return
	}
	i, found := slices.BinarySearchFunc(l.modules, mod.Base, func(m Module, base uint64) int { return cmp.Compare(m.Base, base) })
	switch {
	case found:
		l.modules[i] = mod
	case len(l.modules) < maxModules:
		l.modules = slices.Insert(l.modules, i, mod)
	}
}

// at finds the module that an address lies in.
func (m *modules) at(pid uint32, address uint64) (Module, bool) {
	l := m.process(pid)
	if !l.asked && m.ask != nil && m.left > 0 {
		m.left--
		l.asked = true
		for _, mod := range m.ask(pid) {
			l.add(mod)
		}
	}
	i, found := slices.BinarySearchFunc(l.modules, address, func(m Module, a uint64) int { return cmp.Compare(m.Base, a) })
	if !found {
		i--
	}
	if i >= 0 && address-l.modules[i].Base < l.modules[i].Size {
		return l.modules[i], true
	}
	return Module{}, false
}

// trace writes a stack as Sysmon does, "C:\Windows\SYSTEM32\ntdll.dll+9d4c4|UNKNOWN(000001F0A1B20000)", from the first frame of
// the process's own code on: the kernel's frames above say only that a call was made.
func (m *modules) trace(pid uint32, stack []byte, pointer int) string {
	var b strings.Builder
	for frames := 0; len(stack) >= pointer && frames < maxFrames; stack = stack[pointer:] {
		address := uint64(0)
		if pointer == 4 {
			address = uint64(binary.LittleEndian.Uint32(stack))
		} else {
			address = binary.LittleEndian.Uint64(stack)
		}
		if address >= firstKernelFrame || address == 0 {
			continue
		}
		if frames++; b.Len() > 0 {
			b.WriteByte('|')
		}
		if mod, ok := m.at(pid, address); ok {
			b.WriteString(mod.Path)
			b.WriteByte('+')
			b.WriteString(strconv.FormatUint(address-mod.Base, 16))
		} else {
			fmt.Fprintf(&b, "UNKNOWN(%016X)", address)
		}
	}
	return b.String()
}

// devices turn the kernel's names of files into those of programs: "\Device\HarddiskVolume3" is "C:".
type devices []struct{ device, drive string }

func (d devices) path(p string) string {
	if !strings.HasPrefix(p, `\Device\`) {
		return p
	}
	for i := range d {
		if n := len(d[i].device); len(p) > n && p[n] == '\\' && strings.EqualFold(p[:n], d[i].device) {
			return d[i].drive + p[n:]
		}
	}
	if rest, ok := strings.CutPrefix(p, `\Device\Mup\`); ok {
		return `\\` + rest
	}
	return p
}
