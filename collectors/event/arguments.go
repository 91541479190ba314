package event

import "strings"

// described is a detail that says more of a call than its numbers: what it gives follows the arguments by name.
type described interface{ arguments() []argument }

type argument struct{ name, value string }

// writeDescribed adds what a detail says, "enabled=SeDebugPrivilege"; what is empty is left out.
func writeDescribed(b *strings.Builder, detail any) {
	d, ok := detail.(described)
	if !ok {
		return
	}
	for _, a := range d.arguments() {
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
