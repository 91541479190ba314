package meaning

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// powershellEvents are those of Windows PowerShell's two logs and of PowerShell 7's that hold what ran. The classic log's
// events (400, 403, 600, 800) have parameters without names: what is sought in them is what their lines name.
var powershellEvents = map[uint32]mapping{
	400: powershellClassic, 403: powershellClassic, 600: powershellClassic, 800: powershellClassic,
	4100: powershellError, 4101: powershellError, 4102: powershellError, 4103: powershellPipeline, 4104: powershellBlock,
	4105: powershellInvoked("start"), 4106: powershellInvoked("stop"),
}

func (m *Mapper) powershellSelf(r *form.Record) {
	m.draft.Actor.PID = int64(r.PID) // the provider logs from within the process
	m.actor.Facts.UserSID = m.names.keep(r.UserSID)
	m.draft.Event.Outcome = event.Success
}

func powershellBlock(m *Mapper, r *form.Record) bool {
	text := m.script(r.Get("ScriptBlockText"))
	if text == "" && r.Get("ScriptBlockId") == "" {
		return false
	}
	m.powershellSelf(r)
	ev := m.is(event.KindScriptBlock, "ScriptBlock")
	ev.Path = m.name(r, "Path")
	ev.Detail = &event.ScriptBlock{
		What: "block", ID: strings.Clone(r.Get("ScriptBlockId")), Text: text, Parts: int(min(number(r.Get("MessageNumber")), maxParts)),
		Total: int(min(number(r.Get("MessageTotal")), maxParts)),
	}
	return true
}

// powershellInvoked is for a block that starts or stops to run; its text stands in the 4104 of the same id.
func powershellInvoked(what string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		if r.Get("ScriptBlockId") == "" {
			return false
		}
		m.powershellSelf(r)
		m.is(event.KindScriptBlock, "ScriptBlock").Detail = &event.ScriptBlock{
			What: what, ID: strings.Clone(r.Get("ScriptBlockId")), Parts: 1, Total: 1,
		}
		return true
	}
}

// powershellError is for an error that a script met; what it was stands as the text.
func powershellError(m *Mapper, r *form.Record) bool {
	payload := r.Get("Payload")
	if payload == "" {
		return false
	}
	m.powershellSelf(r)
	ev := m.is(event.KindScriptBlock, "ScriptBlock")
	ev.Outcome = event.Failure
	b := &event.ScriptBlock{What: "error", Text: m.script(payload), Parts: 1, Total: 1}
	m.context(r.Get("ContextInfo"), " = ", b)
	ev.Detail = b
	return true
}

func powershellPipeline(m *Mapper, r *form.Record) bool {
	payload := r.Get("Payload")
	if payload == "" {
		return false
	}
	m.powershellSelf(r)
	ev := m.is(event.KindScriptBlock, "ScriptBlock")
	b := &event.ScriptBlock{What: "pipeline", Text: m.script(payload), Parts: 1, Total: 1}
	m.context(r.Get("ContextInfo"), " = ", b)
	if b.Command == "" {
		b.Command = m.invoked(payload)
	}
	ev.Detail = b
	return true
}

// invoked gives the first command that a pipeline's details name.
func (m *Mapper) invoked(payload string) string {
	_, rest, ok := strings.Cut(payload, "CommandInvocation(")
	if !ok {
		return ""
	}
	command, _, _ := strings.Cut(rest, ")")
	return m.names.keep(command)
}

func powershellClassic(m *Mapper, r *form.Record) bool {
	b := &event.ScriptBlock{What: "engine", Parts: 1, Total: 1}
	if r.EventID == 800 {
		b.What = "pipeline"
	}
	m.powershellSelf(r)
	found := false
	for i := range r.Fields {
		v := r.Fields[i].Value
		switch {
		case strings.Contains(v, "HostApplication="):
			m.context(v, "=", b)
			found = true
		case strings.HasPrefix(v, "CommandInvocation(") || strings.HasPrefix(v, "ParameterBinding("):
			b.Text = m.script(strings.TrimPrefix(b.Text+"\n"+v, "\n"))
			if b.Command == "" {
				b.Command = m.invoked(v)
			}
		case r.EventID == 800 && b.Text == "" && i == 0:
			b.Text = m.script(v)
		}
	}
	if !found {
		return false
	}
	if r.EventID == 400 && b.Text == "" && b.HostName != "Default Host" {
		b.Text = m.script(b.HostApplication) // what the engine was started for
	}
	m.is(event.KindScriptBlock, "ScriptBlock").Detail = b
	return true
}

// contextNames are the lines of PowerShell's contexts, as its two logs spell them.
var contextNames = func() map[string]string {
	out := make(map[string]string)
	for _, spelled := range []string{
		"Severity", "Host Name", "Host Version", "Host ID", "Host Id", "Host Application", "Engine Version", "Runspace ID", "Runspace Id",
		"Pipeline ID", "Pipeline Id", "Command Name", "Command Type", "Script Name", "Command Path", "Command Line", "Sequence Number", "User",
		"User Id", "Connected User", "Shell ID", "Shell Id", "New Engine State", "Previous Engine State", "Provider Name", "New Provider State",
		"Detail Sequence", "Detail Total",
	} {
		name := strings.ReplaceAll(spelled, " ", "")
		out[spelled], out[name] = name, name
	}
	return out
}()

// contextName gives the name that a line of a context begins with, "" where it begins with none.
func contextName(line string) string {
	line = strings.TrimLeft(line, " \t")
	if i := strings.IndexByte(line[:min(len(line), 32)], '='); i > 0 {
		return contextNames[strings.TrimRight(line[:i], " ")]
	}
	return ""
}

// context reads the lines of name and value that PowerShell adds to its events. A program's command line and a script may have several
// lines, and lines that look like others of the context: the program's ends where the engine's version follows for the last time.
func (m *Mapper) context(text, separator string, b *event.ScriptBlock) {
	lines := strings.SplitAfter(text, "\n")
	last := 0
	for i, line := range lines {
		if contextName(line) == "EngineVersion" {
			last = i
		}
	}
	for i := 0; i < len(lines); i++ {
		from, name := i, contextName(lines[i])
		switch name {
		case "":
			continue
		case "HostApplication":
			for i+1 < len(lines) && i+1 != last && (i < last || contextName(lines[i+1]) == "") {
				i++
			}
		case "CommandLine", "ScriptName", "CommandPath":
			for i+1 < len(lines) && contextName(lines[i+1]) == "" {
				i++
			}
		}
		_, value, _ := strings.Cut(strings.Join(lines[from:i+1], ""), strings.TrimRight(separator, " "))
		value = strings.TrimSpace(value)
		switch name {
		case "HostApplication":
			b.HostApplication = m.names.keep(value)
		case "HostName":
			b.HostName = m.names.keep(value)
		case "EngineVersion":
			b.EngineVersion = m.names.keep(value)
		case "CommandName":
			b.Command = m.names.keep(value)
		case "CommandLine":
			if b.Text == "" {
				b.Text = m.script(value)
			}
		case "ScriptName", "CommandPath":
			if m.draft.Event.Path == "" {
				m.draft.Event.Path = m.names.keep(value)
			}
		case "User", "UserId":
			m.draft.Actor.User = m.names.keep(value)
		}
	}
}

// maxScript bounds a script block, all parts together.
const maxScript = 1 << 20

func (m *Mapper) script(s string) string {
	if len(s) > maxScript {
		s = strings.ToValidUTF8(s[:maxScript], "")
	}
	return strings.Clone(s)
}

// Bounds of the script blocks that wait for parts.
const (
	maxParts   = 4096
	maxWaiting = 64
)

// blocks joins the parts of script blocks.
type blocks struct {
	waiting map[string]*pendingBlock
	order   []string
}

type pendingBlock struct {
	event  event.Event
	actor  collectors.Actor
	logged collectors.Logged
	block  *event.ScriptBlock
	parts  map[int]string
	bytes  int
}
