package event

import "github.com/apiwatch/apiwatch/collectors/event/wire"

// KindCall is an API call that no other kind describes.
const KindCall Kind = 0

var callKind = Descriptor{
	Kind: KindCall, Name: "call", Component: "DC0021", Share: Shares{Linux: 7, Windows: 7},
	Details: []DetailType{typeOf[Call](), typeOf[Record](), typeOf[ObjectAccess]()},
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
