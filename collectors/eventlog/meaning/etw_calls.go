package meaning

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// kernelAPICalls is the kernel's audit of few calls, with what was asked for and what was returned. The manifest names none
// of its events: which function writes which was found in the kernel,
// https://www.elastic.co/security-labs/kernel-etw-best-etw, and so was that "TargetThreatId" is a thread's id.
var kernelAPICalls = &Trace{
	Name: "Microsoft-Windows-Kernel-Audit-API-Calls", GUID: "{e02a841c-75a3-4fa7-afc8-ae09cf9b7f23}",
	Stacks: []uint32{3, 4, 5, 6},
	events: map[uint32]mapping{
		1: auditedNotify, 2: auditedTerminate, 3: auditedLink, 4: auditedContext, 5: auditedProcess, 6: auditedThread,
		7: auditedShutdown, 8: auditedShutdown,
	},
}

func auditedProcess(m *Mapper, r *form.Record) bool {
	return m.opened(r, "OpenProcess", &event.ProcessAccess{})
}

func auditedThread(m *Mapper, r *form.Record) bool {
	return m.opened(r, "OpenThread", &event.ProcessAccess{ThreadID: pid(first(r, "TargetThreatId", "TargetThreadId"))})
}

func (m *Mapper) opened(r *form.Record, api string, x *event.ProcessAccess) bool {
	m.traced(r)
	if m.other().PID = pid(r.Get("TargetProcessId")); m.draft.Target.PID == 0 {
		return false
	}
	ev := m.is(event.KindProcessAccess, api)
	m.outcome(r, "ReturnCode")
	x.Granted, x.CallTrace = uint32(number(r.Get("DesiredAccess"))), m.long(r, "CallTrace")
	args(ev, uint64(x.Granted))
	if x.ThreadID != 0 {
		args(ev, uint64(x.Granted), uint64(x.ThreadID))
	}
	ev.Detail = x
	return true
}

func auditedTerminate(m *Mapper, r *form.Record) bool {
	m.traced(r)
	m.other().PID = pid(r.Get("TargetProcessId"))
	m.is(event.KindCall, "TerminateProcess").Detail = m.call(r)
	m.outcome(r, "ReturnCode")
	return m.draft.Target.PID != 0
}

// auditedContext knows no more than that a thread's context was set: not whose.
func auditedContext(m *Mapper, r *form.Record) bool {
	m.traced(r)
	m.is(event.KindCall, "SetThreadContext").Detail = m.call(r)
	m.outcome(r, "ReturnCode")
	return true
}

func auditedLink(m *Mapper, r *form.Record) bool {
	m.traced(r)
	ev := m.is(event.KindCall, "NtCreateSymbolicLink")
	m.outcome(r, "ReturnCode")
	ev.Path, ev.Detail = m.long(r, "LinkSourceName"), &event.Call{Module: m.long(r, "LinkTargetName"), CallTrace: m.long(r, "CallTrace")}
	args(ev, number(r.Get("DesiredAccess")))
	return true
}

func auditedNotify(m *Mapper, r *form.Record) bool {
	m.traced(r)
	ev := m.is(event.KindCall, "PsSetLoadImageNotifyRoutine")
	m.outcome(r, "ReturnCode")
	x := m.call(r)
	x.Address = number(r.Get("NotifyRoutineAddress"))
	args(ev, x.Address)
	ev.Detail = x
	return true
}

func auditedShutdown(m *Mapper, r *form.Record) bool {
	m.traced(r)
	ev := m.is(event.KindCall, "IoRegisterShutdownNotification")
	m.outcome(r, "ReturnCode")
	ev.Path, ev.Detail = m.name(r, "DriverName"), m.call(r)
	return true
}

// call begins the detail of a call with its stack.
func (m *Mapper) call(r *form.Record) *event.Call {
	return &event.Call{CallTrace: m.long(r, "CallTrace")}
}
