package event

import "github.com/apiwatch/apiwatch/collectors/event/wire"

// KindPtrace is a call of ptrace.
const KindPtrace Kind = 3

var ptraceKind = Descriptor{
	Kind: KindPtrace, Name: "ptrace", Component: "DC0035", Share: Shares{Linux: 7, Windows: 0},
	Details: []DetailType{typeOf[Memory]()},
}

// KindProcessAccess is another process opened, read or written.
const KindProcessAccess Kind = 4

var processAccessKind = Descriptor{
	Kind: KindProcessAccess, Name: "process_access", Component: "DC0035", Share: Shares{Linux: 4, Windows: 11},
	Details: []DetailType{typeOf[ProcessAccess](), typeOf[Memory](), typeOf[Call](), typeOf[ObjectAccess]()},
}

// KindRemoteThread is a thread started in another process.
const KindRemoteThread Kind = 6

var remoteThreadKind = Descriptor{
	Kind: KindRemoteThread, Name: "remote_thread", Component: "DC0020", Share: Shares{Linux: 1, Windows: 2},
	Details: []DetailType{typeOf[RemoteThread](), typeOf[Call]()},
}

// ProcessAccess is the detail of KindProcessAccess where the source tells which rights were granted.
type ProcessAccess struct {
	Granted   uint32 // PROCESS_* rights, or THREAD_* where a thread was opened
	ThreadID  int64  `json:",omitempty"` // the thread that was opened, 0 where it was the process itself
	CallTrace string // the caller's stack, "C:\Windows\SYSTEM32\ntdll.dll+9d4c4|UNKNOWN(…)"
}

func (*ProcessAccess) number() uint8 { return 10 }

func (d *ProcessAccess) code(c *wire.Coder) {
	c.Uint32(&d.Granted)
	c.Int(&d.ThreadID)
	c.Text(&d.CallTrace)
}

func (d *ProcessAccess) size() int { return 32 + len(d.CallTrace) }

// RemoteThread is the detail of KindRemoteThread.
type RemoteThread struct {
	StartAddress               uint64
	StartModule, StartFunction string // "" where the address lies in no module
	ThreadID                   int64
}

func (*RemoteThread) number() uint8 { return 11 }

func (d *RemoteThread) code(c *wire.Coder) {
	c.Uint(&d.StartAddress)
	c.Text(&d.StartModule)
	c.Text(&d.StartFunction)
	c.Int(&d.ThreadID)
}
