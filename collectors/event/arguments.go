package event

import (
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// described is a detail that says more of a call than its numbers: what it gives follows the arguments by name.
type described interface{ arguments() []Argument }

// Argument is one thing that an event says of a call.
type Argument struct{ Name, Value string }

// Described gives what an event says of a call beside its numbers.
func (e *Event) Described() []Argument {
	switch e.Kind {
	case KindProcessStart:
		if e.Process != nil && e.Process.Windows != nil {
			return started(e)
		}
	case KindPipe:
		return []Argument{{"pipe", e.Path}}
	case KindService:
		if d, ok := e.Detail.(*Service); ok {
			return []Argument{{"action", d.Action}, {"service", d.Name}, {"account", d.Account}, {"command", e.Path}}
		}
	case KindFileAccess:
		if d, ok := e.Detail.(*ObjectAccess); ok {
			if (d.Remote == "127.0.0.1" || d.Remote == "::1") && strings.HasSuffix(d.Share, `\IPC$`) { // a pipe of this machine, opened as one of the network's
				return []Argument{{"share", d.Share}, {"client", d.Remote}, {"pipe", `\` + Base(e.Path)}}
			}
			if d.Share == "" && d.Type == "File" {
				return []Argument{{"file", e.Path}}
			}
			return []Argument{{"share", d.Share}}
		}
	case KindNetworkFlow:
		if d, ok := e.Detail.(*NamedFlow); ok {
			return []Argument{{"remote_address", d.RemoteAddress}, {"remote_port", port(d.RemotePort)}, {"service", smb(d.RemotePort)}, {"remote_host", d.RemoteHost}}
		}
	case KindRegistryChange:
		if d, ok := e.Detail.(*RegistryChange); ok {
			return []Argument{{"key", e.Path}, {"data", d.Data}}
		}
	case KindFileChange:
		if e.Process != nil && e.Process.Windows != nil {
			return []Argument{{"file", e.Path}}
		}
	case KindScriptBlock:
		if d, ok := e.Detail.(*ScriptBlock); ok {
			return []Argument{{"script", d.Text}}
		}
	default:
		var out []Argument
		if e.API != nil && strings.Contains(e.API.Name, ".") { // a remote call: interface.operation
			out = append(out, Argument{"operation", e.API.Name})
		}
		if d, ok := e.Detail.(described); ok {
			out = append(out, d.arguments()...)
		}
		return out
	}
	return nil
}

// started tells what was run on Windows: where the source has no command line, the program; the parent that it says it has, where that is
// another than its creator; and what the program says of itself.
func started(e *Event) []Argument {
	out := []Argument{{"command_line", e.Process.Cmdline}, {"application_name", ""}, {"reported_parent", ""}, {"program", e.Process.Windows.Description}}
	if e.Process.Cmdline == "" {
		out[1].Value = e.Process.Path
	}
	if e.Target != nil {
		out[2].Value = e.Target.Path
	}
	return out
}

// describe adds what an event says of a call, "enabled=SeDebugPrivilege"; what is empty is left out.
func (e *Event) describe(b *strings.Builder) {
	for _, a := range e.Described() {
		if a.Value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.Name)
		b.WriteByte('=')
		b.WriteString(a.Value)
	}
}

// smb names the port of SMB, which finds its connections among all.
func smb(port uint16) string {
	if port == 445 {
		return "smb/tcp"
	}
	return ""
}

func port(n uint16) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

func (d *Record) arguments() []Argument {
	out := make([]Argument, 0, len(d.Fields))
	for _, f := range d.Fields {
		out = append(out, Argument{f.Name, windows.MessageText(f.Value)})
	}
	return out
}

func (d *Privileges) arguments() []Argument {
	return []Argument{{"enabled", d.Enabled}, {"disabled", d.Disabled}, {"service", d.Service}, {"object", d.Object}, {"access", d.Rights()}, {"token_user", d.User}}
}

func (d *Logon) arguments() []Argument {
	return []Argument{
		{"action", d.Action},
		{"logon_user", d.User},
		{"logon_process", d.LogonProcess},
		{"package", d.Package},
		{"service", d.Service},
		{"source_address", d.SourceAddress},
	}
}

func (d *Task) arguments() []Argument {
	return []Argument{{"action", d.Action}, {"task", d.Name}, {"run_as", d.User}, {"requires", d.Requires}, {"result", d.Result}}
}

func (d *DirectoryChange) arguments() []Argument {
	return []Argument{{"action", d.Action}, {"object", d.Object}, {"attribute", d.Attribute}, {"value", d.Value}, {"member", d.Member}}
}
