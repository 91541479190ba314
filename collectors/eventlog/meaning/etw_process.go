package meaning

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// kernelProcess is the kernel's account of processes, threads and images. The header of a start is of the process that made
// the call, so it is the true creator; ParentProcessID is who the new process says its parent is.
var kernelProcess = &Trace{
	Name: "Microsoft-Windows-Kernel-Process", GUID: "{22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716}",
	Keywords: 0x10 | 0x20 | 0x40, // PROCESS, THREAD, IMAGE
	events:   map[uint32]mapping{1: tracedStart, 2: tracedExit, 3: tracedThread, 5: tracedImage},
}

func tracedStart(m *Mapper, r *form.Record) bool {
	a, f := &m.draft.Actor, &m.actor.Facts
	a.PID, a.Path = pid(r.Get("ProcessID")), m.ntPath(r.Get("ImageName"))
	if a.PID == 0 {
		return false
	}
	ev := m.is(event.KindProcessStart, "CreateProcess")
	ev.Outcome = event.Success
	if m.actor.StartNS = timeOf(r.Get("CreateTime")); m.actor.StartNS == 0 {
		m.actor.StartNS = ev.TimeNS
	}
	if s := r.Get("SessionID"); s != "" {
		a.Session = int64(uint32(number(s)))
	}
	f.Integrity = windows.IntegrityText(r.Get("MandatoryLabel"))
	switch r.Get("ProcessTokenElevationType") {
	case "1":
		f.Elevation = "default"
	case "2":
		f.Elevation = "full"
	case "3":
		f.Elevation = "limited"
	}
	reported, creator := pid(r.Get("ParentProcessID")), int64(r.PID)
	if r.PID == 1<<32-1 {
		creator = reported
	}
	m.createdBy().PID = creator
	if reported != creator && reported > 0 {
		m.other().PID = reported
	}
	m.trace.fresh.put(m.at(uint64(a.PID)), creator)
	ev.Detail = &event.Exec{OwnerUID: -1, ReportedPPID: reported}
	return true
}

func tracedExit(m *Mapper, r *form.Record) bool {
	a := &m.draft.Actor
	if a.PID = pid(r.Get("ProcessID")); a.PID == 0 {
		return false
	}
	m.trace.fresh.forget(m.at(uint64(a.PID)))
	ev := m.is(event.KindProcessExit, "ExitProcess")
	ev.Outcome = event.Success
	m.gave(int64(int32(number(r.Get("ExitCode")))))
	x := &event.Exited{ExitCode: ev.Exit}
	if start := timeOf(r.Get("CreateTime")); start > 0 && start < ev.TimeNS {
		x.LivedNS = ev.TimeNS - start
	}
	ev.Detail = x
	return true
}

// tracedThread tells a remote thread from a process's own and from its first, which its creator makes.
func tracedThread(m *Mapper, r *form.Record) bool {
	owner := pid(r.Get("ProcessID"))
	if owner == 0 {
		return false
	}
	m.traced(r)
	t := &event.RemoteThread{
		ThreadID: pid(r.Get("ThreadID")), StartAddress: number(r.Get("Win32StartAddr")),
		StartModule: m.ntPath(r.Get("StartModule")), StartFunction: m.name(r, "StartFunction"),
	}
	if t.StartAddress == 0 {
		t.StartAddress = number(r.Get("StartAddr"))
	}
	by := m.draft.Actor.PID
	ev := m.is(event.KindRemoteThread, "CreateRemoteThread")
	if creator, fresh := m.trace.fresh.get(m.at(uint64(owner))); fresh && by == creator {
		m.trace.fresh.forget(m.at(uint64(owner)))
		ev = m.is(event.KindCall, "CreateThread")
	} else if by == owner || by == 0 {
		ev = m.is(event.KindCall, "CreateThread")
	}
	if by != owner {
		m.other().PID = owner
	}
	ev.Outcome, ev.Detail = event.Success, t
	args(ev, t.StartAddress)
	return true
}

func tracedImage(m *Mapper, r *form.Record) bool {
	image := m.ntPath(r.Get("ImageName"))
	if image == "" {
		return false
	}
	m.traced(r)
	mod := &event.ModuleLoad{}
	api := "LoadLibrary"
	if owner := pid(r.Get("ProcessID")); owner != 0 {
		m.draft.Actor.PID = owner
	} else { // the kernel itself
		mod.Driver, m.draft.Actor.PID, m.draft.Actor.Path = true, systemPID, "System"
		api = "NtLoadDriver"
	}
	ev := m.is(event.KindModuleLoad, api)
	ev.Outcome, ev.Path, ev.Detail = event.Success, image, mod
	return true
}
