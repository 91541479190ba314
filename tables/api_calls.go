package tables

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func apiCalls(d *Data) *Table {
	return eventView{
		Name: "api_calls",
		Description: "Every decoded API call, with its arguments, its caller and its target. " +
			"The other evented tables are views over the same events. What registry_requests has stands here as well, without an api.",
		Component: "DC0021 OS API Execution",
		Kinds:     callKinds(),
		Examples: []string{
			"SELECT time, path, arguments, target_path FROM api_calls WHERE api = 'ptrace'",
			"SELECT api, count(*) AS calls FROM api_calls GROUP BY api ORDER BY calls DESC",
		},
		LastPart: "object_name",
		Signed:   []string{"arguments"},
		Columns: slices.Concat([]column[ev]{
			text("object_name", "Last part of what was acted on, whatever it is: a file, a registry value, a module, a pipe, else a process; "+
				"for a process start the program, for a logon the logon process.", func(e ev) string {
				return event.LastPart(e.Object())
			}),
			text("actor_key", "Identifies who did it: process_key; where no process is told of, the subject and the host, or else the host.",
				ev.ActorKey),
			text("category", "What the API is about: process, memory, file, credentials, namespace, module, network or other.", func(e ev) string {
				if e.API == nil {
					return ""
				}
				return e.API.Category
			}),
			costly(text("arguments", "Arguments by name and meaning, such as request=PTRACE_ATTACH pid=1234; of a registry value key= and data=, "+
				"of a change in the directory action=, object=, attribute= and value=.", ev.Arguments)),
			text("source_path", "Where from: the source of a mount; empty for other calls.", func(e ev) string {
				if m, ok := e.Detail.(*event.Mount); ok {
					return m.Source
				}
				return ""
			}),
			text("call_trace", "Windows: the caller's stack, modules and offsets, the innermost user frame first; "+
				"UNKNOWN where the code lies in no module; empty if the source has none.", ev.CallTrace),
			text("object_type", "Windows: type of the object whose handle the call is about, such as File, Key, Process, SAM_DOMAIN; "+
				"empty elsewhere.", func(e ev) string {
				kind, _ := accessed(e)
				return kind
			}),
			text("access_rights", "Windows: the rights asked for or used on the object, by name as its type has them.", func(e ev) string {
				if kind, mask := accessed(e); mask != 0 {
					return windows.AccessText(kind, mask)
				}
				return ""
			}),
			text("obfuscation", "Ways in which a Windows command line, a script or logged data hides what it holds, "+
				"such as encoded_command or concatenation, separated by commas; packed_file for a new archive, "+
				"smuggled_file for a download that a page made by itself.", obfuscation),
			text("stream", "Windows: the alternate data stream that a file, a program, a command line, a script, "+
				"a registry value or a new service names, with the colon before it; $EA for extended attributes.", stream),
			costly(bigint("payload_entropy", "Entropy of the longest run of characters without a blank in the command line or script, "+
				"hundredths of a bit a character; 0 if it is shorter than 64.", payloadEntropy)),
			costly(text("raw_arguments", "Arguments as the source gave them, in hexadecimal.", ev.RawArguments)),
		}, targetColumns),
	}.table(d)
}

// accessed gives the type of a secured object and the rights on it, "" and 0 where the event is of none.
func accessed(e ev) (kind string, mask uint32) {
	switch d := e.Detail.(type) {
	case *event.ObjectAccess:
		return d.Type, d.AccessMask
	case *event.ProcessAccess:
		return "Process", d.Granted
	case *event.RegistryChange:
		if d.Access != 0 {
			return "Key", d.Access
		}
	case *event.Privileges:
		return d.ObjectType, d.AccessMask
	}
	return "", 0
}

// callKinds are the kinds of event that are API calls.
func callKinds() []event.Kind {
	return slices.DeleteFunc(event.Kinds(), func(k event.Kind) bool { return k == event.KindFinding || k == event.KindRecord })
}

func stream(e ev) string {
	switch d := e.Detail.(type) {
	case *event.Exec:
		if s := conceal.StreamIn(e.Caller().Path); s != "" {
			return s
		}
		if s := conceal.StreamIn(e.Caller().Cmdline); s != "" || !strings.Contains(e.Caller().Cmdline, "tream") {
			return s
		}
		return conceal.StreamInScript(e.Caller().Cmdline)
	case *event.FileChange:
		return conceal.StreamIn(e.Path)
	case *event.ObjectAccess:
		if d.Type == "File" && d.AccessMask&6 != 0 { // writes data or appends it
			return conceal.StreamIn(e.Path)
		}
	case *event.ScriptBlock:
		return d.Stream
	case *event.RegistryChange:
		if e.API != nil && e.API.Name == "RegSetValueEx" && len(d.Data) < 4096 {
			return conceal.StreamIn(d.Data)
		}
	case *event.Service:
		if d.Action == "create" {
			return conceal.StreamIn(e.Path)
		}
	case *event.Task:
		return conceal.StreamIn(e.Path)
	}
	if e.API != nil && strings.HasSuffix(e.API.Name, "EaFile") {
		return "$EA"
	}
	return ""
}
