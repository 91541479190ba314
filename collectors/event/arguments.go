package event

import "strings"

// described is a detail that says more of a call than its numbers: what it gives follows the arguments by name.
type described interface{ arguments() []argument }

type argument struct{ name, value string }

// described gives what an event says of a call beside its numbers.
func (e *Event) described() []argument {
	switch e.Kind {
	case KindProcessStart:
		if e.Process != nil && e.Process.Windows != nil {
			return []argument{{"command_line", e.Process.Cmdline}}
		}
	case KindPipe:
		return []argument{{"pipe", e.Path}}
	case KindService:
		if d, ok := e.Detail.(*Service); ok {
			return []argument{{"action", d.Action}, {"service", d.Name}, {"account", d.Account}, {"command", e.Path}}
		}
	case KindFileAccess: // a pipe of this machine, opened as one of the network's
		if d, ok := e.Detail.(*ObjectAccess); ok && (d.Remote == "127.0.0.1" || d.Remote == "::1") && strings.HasSuffix(d.Share, `\IPC$`) {
			return []argument{{"client", d.Remote}, {"pipe", `\` + Base(e.Path)}}
		}
	default:
		if d, ok := e.Detail.(described); ok {
			return d.arguments()
		}
	}
	return nil
}

// describe adds what an event says of a call, "enabled=SeDebugPrivilege"; what is empty is left out.
func (e *Event) describe(b *strings.Builder) {
	for _, a := range e.described() {
		if a.value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.name)
		b.WriteByte('=')
		b.WriteString(a.value)
	}
}

func (d *Privileges) arguments() []argument {
	return []argument{{"enabled", d.Enabled}, {"disabled", d.Disabled}, {"service", d.Service}, {"object", d.Object}, {"token_user", d.User}}
}

func (d *Logon) arguments() []argument {
	return []argument{
		{"action", d.Action},
		{"logon_user", d.User},
		{"logon_process", d.LogonProcess},
		{"package", d.Package},
		{"service", d.Service},
		{"source_address", d.SourceAddress},
	}
}

func (d *Task) arguments() []argument {
	return []argument{{"action", d.Action}, {"task", d.Name}, {"run_as", d.User}, {"requires", d.Requires}}
}

func (d *DirectoryChange) arguments() []argument {
	return []argument{{"action", d.Action}, {"object", d.Object}, {"attribute", d.Attribute}, {"value", d.Value}, {"member", d.Member}}
}

func (d *RegistryChange) arguments() []argument { return []argument{{"data", d.Data}} }
