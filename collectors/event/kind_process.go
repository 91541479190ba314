package event

import (
	"encoding/binary"

	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// KindProcessStart is a program that was executed.
const KindProcessStart Kind = 1

var processStartKind = Descriptor{
	Kind: KindProcessStart, Name: "process_start", Component: "DC0032", Share: Shares{Linux: 16, Windows: 14},
	Details:   []DetailType{typeOf[Exec]()},
	Object:    programStarted,
	Arguments: started,
}

// KindProcessExit is a process that ended and left a living child behind.
const KindProcessExit Kind = 2

var processExitKind = Descriptor{
	Kind: KindProcessExit, Name: "process_exit", Component: "DC0033", Share: Shares{Linux: 3, Windows: 2},
	Details: []DetailType{typeOf[Exited]()},
}

func programStarted(e *Event) string {
	if e.Process == nil {
		return ""
	}
	return e.Process.Path
}

// started tells what was run on Windows: where the source has no command line, the program; the parent that it says it has, where that is
// another than its creator; and what the program says of itself.
func started(e *Event) []Argument {
	if e.Process == nil || e.Process.Windows == nil {
		return nil
	}
	out := []Argument{
		{"command_line", e.Process.Cmdline},
		{"application_name", ""},
		{"reported_parent", ""},
		{"program", e.Process.Windows.Description},
	}
	if e.Process.Cmdline == "" {
		out[1].Value = e.Process.Path
	}
	if e.Target != nil {
		out[2].Value = e.Target.Path
	}
	return out
}

// Exec is the detail of KindProcessStart.
type Exec struct {
	PreviousPath   string // what the process ran before, "" if unknown
	Reparented     bool   // the process's creator had ended before
	OwnerUID       int64  // owner of the executable, -1 if unknown
	Mode           uint32 // mode of the executable, 0 if unknown
	FileCaps       uint64 // capabilities gained from the file (BPRM_FCAPS), 0 if none
	conceal.Hidden        // what its command line hides and how; zero where that is not looked for
	ScriptPath     string // the script or the second file the kernel opened to run it, "" if none
	// ReportedPPID is the parent that a Windows process says it has, 0 if the source does not tell it apart from its creator. Where
	// they differ the event's target is that parent.
	ReportedPPID int64 `json:",omitempty"`
	// Ends are where the arguments of the command line end, see [Exec.ArgumentsOf]; "" where the source tells only one text.
	Ends string `json:"-"`
	// LeftOut is how many bytes of the command line are not kept, SomeLeftOut if nobody knows.
	LeftOut int64 `json:",omitempty"`
}

func (*Exec) number() uint8 { return 1 }

func (d *Exec) code(c *wire.Coder) {
	c.Text(&d.PreviousPath)
	c.Flag(&d.Reparented)
	c.Int(&d.OwnerUID)
	c.Uint32(&d.Mode)
	c.Uint(&d.FileCaps)
	c.Text(&d.Signs)
	c.Int(&d.Entropy)
	c.Text(&d.ScriptPath)
	c.Int(&d.ReportedPPID)
	c.Text(&d.Ends)
	c.Int(&d.LeftOut)
}

func (d *Exec) size() int { return 64 + len(d.Ends) }

// Exited is the detail of KindProcessExit: the living child is the event's target.
type Exited struct {
	LivedNS  int64 // how long the process lived, 0 if unknown
	NewPPID  int64 // who the child belongs to now, 0 if unknown
	ExitCode int64
}

func (*Exited) number() uint8 { return 8 }

func (d *Exited) code(c *wire.Coder) {
	c.Int(&d.LivedNS)
	c.Int(&d.NewPPID)
	c.Int(&d.ExitCode)
}

// SomeLeftOut is what [Exec.LeftOut] is where some of a command line is missing and nobody knows how much.
const SomeLeftOut = -1

// AppendArgumentEnds writes where the arguments of a command line of so many bytes end, as [Exec.Ends] keeps it; one blank lies between
// two.
func AppendArgumentEnds(b []byte, ends []int, length int) []byte {
	last := 0
	for _, end := range ends {
		if end > length {
			end = length
		}
		b = binary.AppendUvarint(b, uint64(end-last))
		last = end
	}
	return b
}

// ArgumentsOf gives the arguments of a command line as they were passed; nil where the source tells only one text.
func (d *Exec) ArgumentsOf(cmdline string) []string {
	if d.Ends == "" {
		return nil
	}
	b := []byte(d.Ends)
	var out []string
	at := 0
	for len(b) > 0 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(cmdline)-at) {
			return nil // it is of another command line
		}
		b = b[size:]
		start := at
		if at += int(n); len(out) > 0 {
			start++ // the blank
		}
		out = append(out, cmdline[min(start, at):at])
	}
	if at != len(cmdline) {
		return nil
	}
	return out
}
