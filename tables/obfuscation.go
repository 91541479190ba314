package tables

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/conceal"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// packed are the endings of files that hold other files or data in a form that is not read as it stands.
var packed = []string{
	"7z", "ace", "arj", "b64", "bz2", "cab", "crypt", "enc", "gpg", "gz", "hex", "iso", "lzma", "rar", "tar", "vhd",
	"vhdx", "xz", "zip", "zst",
}

// runsShell tells whether a registry value is long and names an interpreter, as an entry that starts one does.
func runsShell(data string) bool {
	if len(data) < 40 {
		return false
	}
	data = strings.ToLower(data[:min(len(data), 512)])
	return strings.Contains(data, "powershell") || strings.Contains(data, "cmd") || strings.Contains(data, "comspec") ||
		strings.Contains(data, "mshta")
}

// containers are the endings of files that hold or are programs, as pages carry them; archives are made by honest pages too.
var (
	containers = []string{
		"iso", "img", "vhd", "vhdx", "udf", "js", "jse", "vbs", "vbe", "wsf", "hta", "lnk", "exe", "scr", "com", "pif",
		"dll", "msi", "msix", "appx", "appinstaller", "bat", "cmd", "ps1", "chm", "cpl", "xll", "one", "library-ms", "search-ms", "url", "reg",
		"jar",
	}
	archives = []string{"zip", "rar", "7z", "gz", "tar", "cab", "ace", "arj", "z"}
)

// smuggled tells by the mark of the web that a page made a file by itself: it has no address of its own, and is a program or a disk, or
// else the page lies on this machine.
func smuggled(path, mark string) string {
	file, stream, ok := strings.Cut(event.LastPart(path), ":")
	mark = strings.ToLower(mark)
	if !ok || stream != "zone.identifier" || !strings.Contains(mark, "hosturl=about:internet") && !strings.Contains(mark, "hosturl=blob:") &&
		!strings.Contains(mark, "hosturl=data:") {
		return ""
	}
	ending := extension(file)
	if slices.Contains(containers, ending) || slices.Contains(archives, ending) && strings.Contains(mark, "referrerurl=file:") {
		return "smuggled_file"
	}
	return ""
}

// Programs that run a library or a script which their command line names.
var (
	libraryRunners = []string{"rundll32.exe", "regsvr32.exe", "odbcconf.exe", "mshta.exe"}
	scriptRunners  = []string{"wscript.exe", "cscript.exe", "mshta.exe"}
)

// drives tells whether Explorer started one of the programs that run libraries from the top of another drive, as a link in a disk image or
// on a stick does, with a library that it names without a folder.
func drives(e ev) bool {
	p := e.Caller()
	if len(p.CWD) != 3 || p.CWD[1:] != `:\` || p.CWD[0]|0x20 <= 'c' || p.ParentPath() == "" ||
		event.LastPart(p.ParentPath()) != "explorer.exe" {
		return false
	}
	if slices.Contains(libraryRunners, event.LastPart(p.Path)) {
		_, arguments, _ := strings.Cut(strings.ToLower(p.Cmdline), ".exe")
		return !strings.ContainsAny(strings.TrimLeft(arguments, `" `), `\`) && !strings.Contains(arguments, "shell32.dll") &&
			!strings.Contains(arguments, ".cpl")
	}
	return false
}

// unpacked tells whether a script, or a program that says nothing of itself, was started from within an archive that Explorer or a packer
// shows, without being unpacked by its user.
func unpacked(e ev) bool {
	p := e.Caller()
	if w := p.OnWindows(); w.Hashes != "" && w.Description == "" && w.Company == "" {
		path := strings.ToLower(p.Path)
		return strings.Contains(path, `\appdata\local\temp\temp`) && strings.Contains(path, `.zip\`)
	}
	if slices.Contains(scriptRunners, event.LastPart(p.Path)) {
		line := strings.ToLower(p.Cmdline)
		return strings.Contains(line, `\temp\temp`) && strings.Contains(line, `.zip\`) || strings.Contains(line, `\temp\7zo`) ||
			strings.Contains(line, `\temp\rar$`)
	}
	return false
}

func obfuscation(e ev) string {
	switch d := e.Detail.(type) {
	case *event.Exec:
		if d.Signs == "" && drives(e) {
			return "drive_code"
		}
		if d.Signs == "" && unpacked(e) {
			return "archive_code"
		}
		return d.Signs
	case *event.ScriptBlock:
		return d.Signs
	case *event.Service:
		if d.Action == "create" {
			return conceal.ObfuscationSigns(e.Path) // the command that it runs
		}
	case *event.RegistryChange:
		if e.API != nil && e.API.Name == "RegSetValueEx" && (runsShell(d.Data) || len(d.Data) >= 40 &&
			!strings.ContainsAny(d.Data[:40], `\ {}-.:;,`)) {
			return conceal.ObfuscationSigns(d.Data)
		}
	case *event.FileChange:
		if d.Action == "create" && slices.Contains(packed, extension(e.Path)) {
			return "packed_file"
		}
		if d.Action == "create_stream" {
			return smuggled(e.Path, d.Contents)
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
		return conceal.PayloadEntropy(strings.TrimSpace(longest))
	}
	return 0
}
