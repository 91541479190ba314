package event

import (
	"encoding/xml"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// KindTask is a scheduled task that was made or changed.
const KindTask Kind = 19

var taskKind = Descriptor{
	Kind: KindTask, Name: "task", Component: "DC0001", Share: Shares{Linux: 1, Windows: 1},
	Details: []DetailType{typeOf[Task]()},
}

// Task is the detail of KindTask; the task's program is the event's path.
type Task struct {
	Action, Name string
	Command      string // program and arguments, from its definition
	Content      string // the definition, XML
	User         string // whom it runs as
	Requires     string // privileges that its token must have, separated by spaces
	Result       string `json:",omitempty"` // what an action or a start ended with

	program string
}

func (*Task) number() uint8 { return 21 }

func (d *Task) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Text(&d.Name)
	c.Text(&d.Command)
	c.Text(&d.Content)
	c.Text(&d.User)
	c.Text(&d.Requires)
	c.Text(&d.Result)
	c.Text(&d.program)
}

func (d *Task) arguments() []Argument {
	return []Argument{{"action", d.Action}, {"task", d.Name}, {"run_as", d.User}, {"requires", d.Requires}, {"result", d.Result}}
}

func (d *Task) size() int { return 96 + len(d.Command) + len(d.Content) }

// taskDefinition is what a task's XML says that matters here (Task Scheduler schema,
// http://schemas.microsoft.com/windows/2004/02/mit/task).
type taskDefinition struct {
	Principals struct {
		Principal []struct {
			UserID  string `xml:"UserId"`
			GroupID string `xml:"GroupId"`
			// RequiredPrivileges are those that the task's token must have, whatever its service's lacks.
			RequiredPrivileges struct{ Privilege []string }
		}
	}
	Actions struct {
		Exec []struct{ Command, Arguments string }
		Com  []struct {
			ClassID string `xml:"ClassId"`
		} `xml:"ComHandler"`
	}
}

// maxTaskXML bounds what is parsed.
const maxTaskXML = 64 << 10

// Define fills Command and User from the task's definition, as far as it can be read.
func (d *Task) Define() {
	content := d.Content
	if i := strings.Index(content, "<Task"); i >= 0 {
		content = content[i:] // the declaration says UTF-16, which it no longer is
	}
	if len(content) > maxTaskXML {
		return
	}
	var x taskDefinition
	if err := xml.Unmarshal([]byte(content), &x); err != nil {
		return
	}
	var commands []string
	for _, e := range x.Actions.Exec {
		commands = append(commands, strings.TrimSpace(e.Command+" "+e.Arguments))
	}
	for _, c := range x.Actions.Com {
		commands = append(commands, "COM "+c.ClassID)
	}
	d.Command = strings.Join(commands, "; ")
	for _, p := range x.Principals.Principal {
		if d.User == "" {
			d.User = strings.Clone(p.UserID + p.GroupID)
		}
		if d.Requires == "" {
			d.Requires = strings.Join(p.RequiredPrivileges.Privilege, " ")
		}
	}
	if len(x.Actions.Exec) > 0 {
		d.program = strings.Trim(x.Actions.Exec[0].Command, `"`)
	}
}

// Program is the first program that the task runs, "" if unknown.
func (d *Task) Program() string { return d.program }
