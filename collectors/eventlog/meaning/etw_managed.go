package meaning

import (
	"encoding/hex"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// dotNET is the .NET runtime's loader: what managed code a process takes in. An assembly that was loaded from memory has a
// name and no path. https://learn.microsoft.com/dotnet/framework/performance/loader-etw-events
var dotNET = &Trace{
	Name: "Microsoft-Windows-DotNETRuntime", GUID: "{e13c0d23-ccbc-4e12-931b-d9cc2eee27e4}",
	Keywords: 0x8, // Loader
	events:   map[uint32]mapping{152: managedModule, 154: managedAssembly},
}

// A module's flags: code of the machine's own, and code that the program makes while it runs.
const (
	moduleNative  = 0x2
	moduleDynamic = 0x4
)

// managedModule tells a module that has a name and no path, so came from bytes, by a call of its own.
func managedModule(m *Mapper, r *form.Record) bool {
	path := first(r, "ModuleILPath", "ModuleNativePath")
	if path == "" {
		return false
	}
	m.traced(r)
	api := "LoadLibrary"
	if !strings.ContainsAny(path, `\/`) && number(r.Get("ModuleFlags"))&(moduleNative|moduleDynamic) == 0 {
		api = "AssemblyLoadImage"
	}
	ev := m.is(event.KindModuleLoad, api)
	ev.Outcome, ev.Path = event.Success, m.ntPath(path)
	ev.Detail = &event.ModuleLoad{Description: m.name(r, "ManagedPdbBuildPath")}
	args(ev, number(r.Get("ModuleFlags")))
	return true
}

// managedAssembly gives the assembly's simple name as the path, and its full name as the description.
func managedAssembly(m *Mapper, r *form.Record) bool {
	full := first(r, "FullyQualifiedAssemblyName")
	if full == "" {
		return false
	}
	m.traced(r)
	ev := m.is(event.KindModuleLoad, "AssemblyLoad")
	name, _, _ := strings.Cut(full, ",")
	ev.Outcome, ev.Path = event.Success, m.names.keep(name)
	ev.Detail = &event.ModuleLoad{Description: m.names.keep(full)}
	args(ev, number(r.Get("AssemblyFlags")))
	return true
}

// amsi is what interpreters hand to the antimalware scan interface before they run it, and what the scanner made of it.
var amsi = &Trace{
	Name: "Microsoft-Antimalware-Scan-Interface", GUID: "{2a576b87-09a7-520e-c21a-4942f0271d67}",
	Keywords: 0x1, // Event1
	events:   map[uint32]mapping{1101: amsiScan},
}

// amsiScan shows the content as text where it is text: a .NET assembly is bytes, of which the hash stands for them. A result from 32768
// on says that the scanner takes it for malware (amsi.h).
func amsiScan(m *Mapper, r *form.Record) bool {
	digits, app := strings.TrimPrefix(r.Get("content"), "0x"), m.name(r, "appname")
	if digits == "" && app == "" {
		return false
	}
	m.traced(r)
	ev := m.is(event.KindScriptBlock, "AmsiScanBuffer")
	ev.Outcome, ev.Path = event.Success, m.ntPath(r.Get("contentname"))
	b := &event.ScriptBlock{What: "amsi", HostName: app, ID: strings.Clone(strings.TrimPrefix(r.Get("hash"), "0x")), Parts: 1, Total: 1}
	if raw, err := hex.DecodeString(digits[:min(len(digits), 2*maxScript)&^1]); err == nil {
		if isText(raw) {
			b.Text = m.script(utf16Text(raw))
		}
	} else {
		b.Text = m.script(digits) // a tool has made text of it
	}
	if number(r.Get("originalsize")) > number(r.Get("contentsize")) {
		b.Total = 2 // cut by who wrote the event
	}
	args(ev, number(r.Get("scanStatus")), number(r.Get("scanResult")))
	ev.Detail = b
	return true
}

// isText takes bytes for UTF-16 text if none of the first characters is a control that no script holds.
func isText(b []byte) bool {
	const looked = 256
	for i := 0; i+1 < min(len(b), looked); i += 2 {
		if c := uint16(b[i]) | uint16(b[i+1])<<8; c < 0x20 && c != '\t' && c != '\n' && c != '\r' && (c != 0 || i+4 < len(b)) {
			return false
		}
	}
	return len(b) > 1
}
