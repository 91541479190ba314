package tables

import (
	"encoding/json"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

// argv gives the arguments of an execution as a JSON array, "" where they are not told apart.
func argv(e ev, x *event.Exec) string {
	args := x.ArgumentsOf(e.Caller().Cmdline)
	if args == nil {
		return ""
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(args); err != nil { // strings always encode
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func processStarts(d *Data) *Table {
	exec := func(e ev) *event.Exec {
		if x, ok := e.Detail.(*event.Exec); ok {
			return x
		}
		return &event.Exec{OwnerUID: -1}
	}
	return eventView{
		Name:        "process_starts",
		Description: "Programs executed: the new program with its true creator, also for processes that have exited since.",
		Component:   "DC0032 Process Creation",
		Kinds:       []event.Kind{event.KindProcessStart},
		LastPart:    "name",
		Signed:      []string{"cmdline", "description"},
		Examples: []string{
			"SELECT time, user, path, cmdline, parent_path FROM process_starts ORDER BY time DESC LIMIT 20",
			"SELECT time, path, original_file_name FROM process_starts WHERE original_file_name <> '' AND original_file_name <> name COLLATE NOCASE",
			"SELECT path, ancestry FROM process_starts WHERE path LIKE '/memfd:%'",
		},
		Columns: []column[ev]{
			text("previous_path", "What the process ran before it executed this program.", func(e ev) string { return exec(e).PreviousPath }),
			text("script_path", "The script, where path is its interpreter.", func(e ev) string { return exec(e).ScriptPath }),
			costly(text("argv", "The arguments as they were passed, as a JSON array: cmdline does not tell one that holds a blank from two. "+
				"Empty where the source has one text only.", func(e ev) string { return argv(e, exec(e)) })),
			integer("cmdline_left_out", "How many bytes of the command line are not in cmdline, because it is longer than is kept; -1 where "+
				"records of it are missing and nobody knows; 0 if it is whole.", func(e ev) int64 { return exec(e).LeftOut }),
			integer("reparented", "1 if the process's creator had ended before, so that the system's view shows another parent.",
				func(e ev) int64 { return b2i(exec(e).Reparented) }),
			known("reported_ppid", "Windows: the parent that the process says it has, where the source tells it apart from the creator that "+
				"parent_path is; NULL elsewhere. Another than ppid is spoofed, or chosen by the service that elevates programs.",
				func(e ev) (int64, bool) {
					return exec(e).ReportedPPID, exec(e).ReportedPPID != 0
				}),
			text("reported_parent_path", "Windows: executable path of reported_ppid, where it is another than ppid.",
				func(e ev) string { return target(e).Path }),
			text("reported_parent_key", "Windows: process_key of reported_ppid, where it is another than ppid.",
				func(e ev) string { return target(e).Key }),
			text("path_mode", "Mode of the executable file in octal, empty if unknown.", func(e ev) string {
				if exec(e).Mode == 0 {
					return ""
				}
				return linux.FileMode(uint64(exec(e).Mode))
			}),
			text("file_capabilities", "Capabilities gained from the file, in hexadecimal; empty if none.", func(e ev) string {
				if exec(e).FileCaps == 0 {
					return ""
				}
				return names.Hex(exec(e).FileCaps)
			}),
			text("original_file_name", "Windows: the name that the program's maker gave it, which renaming does not change.", func(e ev) string {
				return e.Caller().OnWindows().OriginalFileName
			}),
			text("company", "Windows: the program's maker, as the program says.", func(e ev) string { return e.Caller().OnWindows().Company }),
			text("product", "Windows: the product it belongs to, as it says.", func(e ev) string { return e.Caller().OnWindows().Product }),
			text("description", "Windows: what it says of itself.", func(e ev) string { return e.Caller().OnWindows().Description }),
			text("hashes", "Hashes of the executable as the source gives them, SHA256=…,IMPHASH=….",
				func(e ev) string { return e.Caller().OnWindows().Hashes }),
			costly(text("decoded_command", "Windows: what -EncodedCommand on the command line says, empty if there is none.", func(e ev) string {
				return conceal.EncodedCommand(e.Caller().Cmdline)
			})),
			text("parent_user", "User of the process that created this one, where known.", func(e ev) string { return e.Caller().ParentUser() }),
			text("parent_logon_id", "Windows: its logon session.", func(e ev) string { return logonID(e.Caller().ParentOnWindows().LogonID) }),
			optimized(text("user_change", "Windows: to_system, to_service, from_system or other where it runs as another user than its creator; "+
				"from_silent below lsass.exe, csrss.exe, LsaIso.exe or TrustedInstaller.exe, which start no programs; empty where not, "+
				"or where either is unknown.", func(e ev) string { return e.Caller().UserChange() })),
			text("token_elevation", "Windows: default, full (elevated) or limited; empty if unknown.",
				func(e ev) string { return e.Caller().OnWindows().Elevation }),
		},
	}.table(d)
}
