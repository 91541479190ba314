package tables

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

func apiCalls(d *Data) *Table {
	return eventView{
		Name:        "api_calls",
		Description: "Every decoded API call, with its arguments, its caller and its target. The other evented tables are views over the same events.",
		Component:   "DC0021 OS API Execution",
		Platforms:   []string{"linux", "windows"},
		Kinds:       callKinds(),
		Examples: []string{
			"SELECT time, path, arguments, target_path FROM api_calls WHERE api = 'ptrace'",
			"SELECT api, count(*) AS calls FROM api_calls GROUP BY api ORDER BY calls DESC",
		},
		Columns: slices.Concat([]column[ev]{
			text("category", "What the API is about: process, memory, file, credentials, namespace, module, network or other.", func(e ev) string {
				if e.API == nil {
					return ""
				}
				return e.API.Category
			}),
			text("arguments", "Arguments by name and meaning, such as request=PTRACE_ATTACH pid=1234.", ev.Arguments),
			text("source_path", "Where from: the source of a mount; empty for other calls.", func(e ev) string {
				if m, ok := e.Detail.(*event.Mount); ok {
					return m.Source
				}
				return ""
			}),
			text("obfuscation", "Ways in which a Windows command line, a script or logged data hides what it holds, such as encoded_command or concatenation, separated by commas; packed_file for a new archive.", obfuscation),
			text("stream", "Windows: the alternate data stream that a file, a program, a command line or a script names, with the colon before it; $EA for extended attributes.", stream),
			bigint("payload_entropy", "Entropy of the longest run of characters without a blank in the command line or script, hundredths of a bit a character; 0 if it is shorter than 64.", payloadEntropy),
			text("raw_arguments", "Arguments as the source gave them, in hexadecimal.", ev.RawArguments),
		}, targetColumns),
	}.table(d)
}

// callKinds are the kinds of event that are API calls.
func callKinds() []event.Kind {
	return slices.DeleteFunc(event.Kinds(), func(k event.Kind) bool { return k == event.KindFinding || k == event.KindRecord })
}

// packed are the endings of files that hold other files or data in a form that is not read as it stands.
var packed = []string{"7z", "ace", "arj", "b64", "bz2", "cab", "crypt", "enc", "gpg", "gz", "hex", "iso", "lzma", "rar", "tar", "vhd", "vhdx", "xz", "zip", "zst"}

func obfuscation(e ev) string {
	switch d := e.Detail.(type) {
	case *event.Exec:
		return d.Signs
	case *event.ScriptBlock:
		return d.Signs
	case *event.FileChange:
		if d.Action == "create" && slices.Contains(packed, extension(e.Path)) {
			return "packed_file"
		}
	case *event.Record:
		if e.API != nil && e.API.Name == "ReportEvent" {
			return "code_data"
		}
	}
	return ""
}

func payloadEntropy(e ev) int64 {
	switch d := e.Detail.(type) {
	case *event.Exec:
		return d.Entropy
	case *event.ScriptBlock:
		return d.Entropy
	case *event.Record:
		longest := ""
		for _, f := range d.Fields {
			if len(f.Value) > len(longest) {
				longest = f.Value
			}
		}
		return event.PayloadEntropy(strings.TrimSpace(longest))
	}
	return 0
}

func stream(e ev) string {
	switch d := e.Detail.(type) {
	case *event.Exec:
		if s := event.StreamIn(e.Process.Path); s != "" {
			return s
		}
		return event.StreamIn(e.Process.Cmdline)
	case *event.FileChange:
		return event.StreamIn(e.Path)
	case *event.ScriptBlock:
		return d.Stream
	}
	if e.API != nil && strings.HasSuffix(e.API.Name, "EaFile") {
		return "$EA"
	}
	return ""
}
