package event

import (
	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// KindScriptBlock is a block of script that an interpreter ran.
const KindScriptBlock Kind = 15

var scriptBlockKind = Descriptor{
	Kind: KindScriptBlock, Name: "script_block", Component: "DC0029", Share: Shares{Linux: 1, Windows: 5},
	Details:   []DetailType{typeOf[ScriptBlock]()},
	Arguments: scriptRan,
}

// KindPipe is a named pipe that was made or opened.
const KindPipe Kind = 14

var pipeKind = Descriptor{
	Kind: KindPipe, Name: "pipe", Component: "DC0048", Share: Shares{Linux: 1, Windows: 2},
	Details:   []DetailType{typeOf[Pipe]()},
	Arguments: pipeOpened,
}

func scriptRan(e *Event) []Argument {
	if d, ok := e.Detail.(*ScriptBlock); ok {
		return []Argument{{"script", d.Text}}
	}
	return nil
}

func pipeOpened(e *Event) []Argument { return []Argument{{"pipe", e.Path}} }

// ScriptBlock is the detail of KindScriptBlock; the script's file is the event's path.
type ScriptBlock struct {
	What            string // "block", "pipeline", "engine", "amsi"
	ID              string // of the block, for all its parts
	Text            string // what ran
	Command         string // the command of a pipeline
	HostApplication string // command line of the program that hosts the interpreter
	HostName        string
	EngineVersion   string
	Parts, Total    int    // how many parts of the block the log had
	Stream          string // the alternate data stream that it names, ":name"
	conceal.Hidden         // what its text hides and how
}

func (*ScriptBlock) number() uint8 { return 15 }

func (d *ScriptBlock) code(c *wire.Coder) {
	c.Text(&d.What)
	c.Text(&d.ID)
	c.Text(&d.Text)
	c.Text(&d.Command)
	c.Text(&d.HostApplication)
	c.Text(&d.HostName)
	c.Text(&d.EngineVersion)
	c.Whole(&d.Parts)
	c.Whole(&d.Total)
	c.Text(&d.Stream)
	c.Text(&d.Signs)
	c.Int(&d.Entropy)
}

func (d *ScriptBlock) size() int { return 144 + len(d.Text) + len(d.HostApplication) }

// Pipe is the detail of KindPipe; the pipe is the event's path.
type Pipe struct {
	Action string // "create", "connect"
}

func (*Pipe) number() uint8 { return 14 }

func (d *Pipe) code(c *wire.Coder) {
	c.Text(&d.Action)
}
