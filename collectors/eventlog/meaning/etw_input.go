package meaning

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// win32k is the window system's audit of calls by which a program sees what others are typed: the fields of Windows 10 22H2,
// of which older versions have fewer. GetKeyState, GetKeyboardState and messages between windows raise no event.
// https://www.elastic.co/security-labs/protecting-your-devices-from-information-theft-keylogger-protection
var win32k = &Trace{
	Name: "Microsoft-Windows-Win32k", GUID: "{8c416c79-d49b-4f01-a467-e56d3aa8234c}",
	Keywords: 0x400 | 0x80000000000, // AuditApiCalls, ReadClipboard
	Stacks:   []uint32{1000, 1001, 1002},
	events: map[uint32]mapping{
		463: tracedClipboard, 1000: tracedEventHook, 1001: tracedRawInput, 1002: tracedHook, 1003: tracedKeyState,
	},
}

func tracedRawInput(m *Mapper, r *form.Record) bool {
	m.traced(r)
	ev := m.is(event.KindCall, "RegisterRawInputDevices")
	m.returned(r)
	x := m.call(r)
	x.ThreadID, x.Address = pid(r.Get("ThreadId")), number(r.Get("ThreadStartAddress"))
	x.Module = m.ntPath(r.Get("ThreadStartAddressMappedModuleName"))
	ev.Detail = x
	if _, ok := r.Lookup("Usage"); ok {
		args(ev, number(r.Get("UsagePage")), number(r.Get("Usage")), number(r.Get("Flags")), number(r.Get("cVisWindows")))
	}
	return true
}

func tracedHook(m *Mapper, r *form.Record) bool {
	m.traced(r)
	ev := m.is(event.KindCall, "SetWindowsHookEx")
	m.returned(r)
	x := m.call(r)
	x.Address = number(r.Get("pfnFilterProc"))
	ev.Path, ev.Detail = m.ntPath(r.Get("pstrLib")), x
	args(ev, number(r.Get("FilterType")), x.Address, number(r.Get("hmod")))
	return true
}

// tracedKeyState comes at most once in a while for a program that asks again and again while another has the focus.
func tracedKeyState(m *Mapper, r *form.Record) bool {
	m.traced(r)
	if by := pid(r.Get("PID")); by != 0 {
		m.draft.Actor.PID = by
	}
	ev := m.is(event.KindCall, "GetAsyncKeyState")
	ev.Outcome, ev.Detail = event.Success, m.call(r)
	args(ev, number(r.Get("MsSinceLastKeyEvent")), number(r.Get("BackgroundCallCount")))
	return true
}

// tracedEventHook is for a hook on what the windows of another process, or of all, report; the target is that process.
func tracedEventHook(m *Mapper, r *form.Record) bool {
	m.traced(r)
	if on := pid(r.Get("idEventProcess")); on != 0 && on != m.draft.Actor.PID {
		m.other().PID = on
	}
	ev := m.is(event.KindCall, "SetWinEventHook")
	m.returned(r)
	x := m.call(r)
	x.ThreadID = pid(r.Get("idEventThread"))
	ev.Detail = x
	args(ev, number(r.Get("eventMin")), number(r.Get("eventMax")), number(first(r, "Flags", "dwFlags")))
	return true
}

// tracedClipboard is for a program that reads the clipboard; the header is not of the process that does.
func tracedClipboard(m *Mapper, r *form.Record) bool {
	m.traced(r)
	if by := pid(r.Get("CallerPid")); by != 0 {
		m.draft.Actor.PID = by
	}
	ev := m.is(event.KindCall, "GetClipboardData")
	ev.Outcome, ev.Detail = event.Success, m.whole(r)
	return true
}

// returned reads a function's own result, which is 0 for failure.
func (m *Mapper) returned(r *form.Record) {
	if s, ok := r.Lookup("ReturnValue"); ok && s != "" {
		ev := &m.draft.Event
		m.gave(int64(uint32(number(s))))
		ev.Outcome = event.Success
		if ev.Exit == 0 {
			ev.Outcome = event.Failure
		}
	}
}
