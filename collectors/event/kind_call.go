package event

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// KindCall is an API call that no other kind describes.
const KindCall Kind = 0

var callKind = Descriptor{
	Kind: KindCall, Name: "call", Component: "DC0021", Share: Shares{Linux: 7, Windows: 7},
	Details: []DetailType{typeOf[Call](), typeOf[Record](), typeOf[ObjectAccess](), typeOf[Pointed]()},
}

// Call is the detail of a Windows API call that the kernel's own trace tells of: what it did to memory or to a thread, and
// from where it was made. What it does not have is 0 or "".
type Call struct {
	Address, Size uint64
	ThreadID      int64  // the thread acted on
	Module        string // the file mapped at Address, where the trace says so
	CallTrace     string // the caller's stack, as in [ProcessAccess]
}

func (*Call) number() uint8 { return 24 }

func (d *Call) code(c *wire.Coder) {
	c.Uint(&d.Address)
	c.Uint(&d.Size)
	c.Int(&d.ThreadID)
	c.Text(&d.Module)
	c.Text(&d.CallTrace)
}

func (d *Call) size() int { return 72 + len(d.Module) + len(d.CallTrace) }

// Pointed is the detail of a call of Linux of which the source read what a pointer led to: "seconds=30.5".
type Pointed struct{ Told []Argument }

func (*Pointed) number() uint8 { return 27 }

func (d *Pointed) code(c *wire.Coder) {
	n := c.Count(len(d.Told), 2)
	if c.Reading() {
		d.Told = make([]Argument, n)
	}
	for i := range d.Told {
		c.Text(&d.Told[i].Name)
		c.Text(&d.Told[i].Value)
	}
}

func (d *Pointed) arguments() []Argument { return d.Told }

func (d *Pointed) size() int {
	n := 24
	for i := range d.Told {
		n += 32 + len(d.Told[i].Value)
	}
	return n
}

// CallTrace gives the caller's stack, the innermost user frame first, "" where the source has none.
func (e *Event) CallTrace() string {
	switch d := e.Detail.(type) {
	case *ProcessAccess:
		return d.CallTrace
	case *Call:
		return d.CallTrace
	}
	return ""
}

// stubModules hold the stubs from which a program makes its system calls.
var stubModules = []string{"ntdll.dll", "win32u.dll", "wow64cpu.dll", "wow64win.dll"}

// DirectSyscall tells whether a call trace as Sysmon writes it, "C:\Windows\SYSTEM32\ntdll.dll+9d4c4|…", begins in code that
// is none of the system's own stubs: the caller made the system call itself. A trace that is not known tells nothing.
func DirectSyscall(trace string) bool {
	first, _, _ := strings.Cut(trace, "|")
	if first == "" {
		return false
	}
	module, _, _ := strings.Cut(first, "+")
	if len(module) < 2 || module[1] != ':' {
		return true
	}
	name := LastPart(module)
	dir := strings.ToLower(module[2 : len(module)-len(name)])
	return dir != `\windows\system32\` && dir != `\windows\syswow64\` || !slices.Contains(stubModules, strings.ToLower(name))
}

// unknownFrame is how a frame begins that lies in no module, "UNKNOWN(000001F2A0B10000)".
const unknownFrame = "UNKNOWN("

// Unbacked tells whether a frame of the trace lies in no module: the code is in no file that was loaded as such.
func Unbacked(trace string) bool { return strings.Contains(trace, unknownFrame) }

// passageModules are those that most system calls go through beside the stubs, so that they tell nothing of who calls.
var passageModules = []string{"kernelbase.dll", "kernel32.dll", "wow64.dll"}

// CallerModule gives the first module of the trace that is not one that every system call goes through; "" if code in no module
// stands before it, or there is none.
func CallerModule(trace string) string {
	for frame := range strings.SplitSeq(trace, "|") {
		if strings.HasPrefix(frame, unknownFrame) {
			return ""
		}
		i := strings.LastIndexByte(frame, '+')
		if i < 0 || isPassage(strings.ToLower(LastPart(frame[:i]))) {
			continue
		}
		return frame[:i]
	}
	return ""
}

func isPassage(name string) bool {
	return slices.Contains(stubModules, name) || slices.Contains(passageModules, name)
}
