package meaning

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// threatIntelligence is the kernel's account of calls that reach into memory and threads. Only a protected process (PPL, signed
// through an ELAM driver) gets it. Events 19 and 20 (frozen and thawed jobs) and those of calls from the kernel itself (21–28)
// have no meaning here; local allocations, protections and views (6–8) and reads and writes (11–14) are told of only by
// processes for which the system was asked to.
var threatIntelligence = &Trace{
	Name: "Microsoft-Windows-Threat-Intelligence", GUID: "{f4e1897c-bb5d-5668-f1d8-040f4d8dd344}",
	Keywords: 0x1 | 0x4 | 0x10 | 0x40 | 0x100 | 0x400 | 0x1000 | 0x4000 | 0x20000 | 0x80000 | 0x100000 | 0x200000 | 0x400000 | 0x800000 |
		0x4000000 | 0x8000000 | 0x10000000, // and what lies at the address that a thread is sent to
	Stacks: []uint32{1, 2, 3, 4, 5, 6, 7, 8, 13, 14},
	events: map[uint32]mapping{
		1: threatMemory("VirtualAllocEx"), 2: threatMemory("VirtualProtectEx"), 3: threatMemory("MapViewOfSection"),
		6: threatMemory("VirtualAlloc"), 7: threatMemory("VirtualProtect"), 8: threatMemory("MapViewOfFile"),
		4: threatAPC, 5: threatContext,
		11: threatCopy("ReadProcessMemory"), 12: threatCopy("WriteProcessMemory"),
		13: threatCopy("ReadProcessMemory"), 14: threatCopy("WriteProcessMemory"),
		15: threatThread("SuspendThread"), 16: threatThread("ResumeThread"),
		17: threatThread("SuspendProcess"), 18: threatThread("ResumeProcess"),
	},
}

// threat names the caller and the target, which the header does not always: a call may be made for another process.
func (m *Mapper) threat(r *form.Record, k event.Kind, api string) (*event.Event, *event.Call) {
	m.traced(r)
	a := &m.draft.Actor
	if by := pid(r.Get("CallingProcessId")); by != 0 {
		a.PID = by
	}
	m.actor.StartNS = timeOf(r.Get("CallingProcessCreateTime"))
	ev := m.is(k, api)
	ev.Outcome = event.Success // only what succeeded is told of, unless a status says otherwise
	m.outcome(r, "OperationStatus")
	if on := pid(r.Get("TargetProcessId")); on != 0 && on != a.PID {
		m.other().PID = on
		m.target.StartNS = timeOf(r.Get("TargetProcessCreateTime"))
	}
	x := m.call(r)
	x.ThreadID = pid(r.Get("TargetThreadId"))
	ev.Detail = x
	return ev, x
}

func threatMemory(api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		ev, x := m.threat(r, event.KindMemory, api)
		x.Address, x.Size = number(r.Get("BaseAddress")), number(first(r, "RegionSize", "ViewSize"))
		protect := number(r.Get("ProtectionMask"))
		if old, ok := r.Lookup("LastProtectionMask"); ok {
			args(ev, x.Address, x.Size, protect, number(old))
		} else {
			args(ev, x.Address, x.Size, number(r.Get("AllocationType")), protect)
		}
		return true
	}
}

func threatCopy(api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		ev, x := m.threat(r, event.KindProcessAccess, api)
		x.Address, x.Size = number(r.Get("BaseAddress")), number(r.Get("BytesCopied"))
		args(ev, x.Address, x.Size)
		return true
	}
}

func threatAPC(m *Mapper, r *form.Record) bool {
	ev, x := m.threat(r, event.KindProcessAccess, "QueueUserAPC")
	x.Address, x.Module = number(r.Get("ApcRoutine")), m.ntPath(r.Get("ApcRoutineVadMmfName"))
	args(ev, uint64(x.ThreadID), x.Address, number(r.Get("ApcArgument1")))
	return true
}

func threatContext(m *Mapper, r *form.Record) bool {
	ev, x := m.threat(r, event.KindProcessAccess, "SetThreadContext")
	x.Address, x.Module = number(r.Get("Pc")), m.ntPath(r.Get("PcVadMmfName"))
	args(ev, uint64(x.ThreadID), x.Address)
	return true
}

func threatThread(api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		ev, x := m.threat(r, event.KindProcessAccess, api)
		if x.ThreadID != 0 {
			args(ev, uint64(x.ThreadID))
		}
		return true
	}
}
