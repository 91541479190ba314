package live

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// Calls of the Windows Event Log API, winevt.h.
var (
	wevtapi                = windows.NewLazySystemDLL("wevtapi.dll")
	evtSubscribe           = wevtapi.NewProc("EvtSubscribe")
	evtQuery               = wevtapi.NewProc("EvtQuery")
	evtNext                = wevtapi.NewProc("EvtNext")
	evtRender              = wevtapi.NewProc("EvtRender")
	evtClose               = wevtapi.NewProc("EvtClose")
	evtCreateBookmark      = wevtapi.NewProc("EvtCreateBookmark")
	evtOpenChannelConfig   = wevtapi.NewProc("EvtOpenChannelConfig")
	evtGetChannelConfig    = wevtapi.NewProc("EvtGetChannelConfigProperty")
	advapi                 = windows.NewLazySystemDLL("advapi32.dll")
	auditQuerySystemPolicy = advapi.NewProc("AuditQuerySystemPolicy")
	auditFree              = advapi.NewProc("AuditFree")
	wevtCalls              = []*windows.LazyProc{
		evtSubscribe, evtQuery, evtNext, evtRender, evtClose, evtCreateBookmark,
		evtOpenChannelConfig, evtGetChannelConfig,
	}
	_ System = (*wevt)(nil)
)

// Constants of winevt.h.
const (
	evtSubscribeToFutureEvents      = 1
	evtSubscribeStartAtOldestRecord = 2
	evtSubscribeStartAfterBookmark  = 3
	evtSubscribeStrict              = 0x10000
	evtQueryChannelPath             = 1
	evtRenderEventXML               = 1
	evtChannelConfigEnabled         = 0
	queryTimeout                    = 5000 // ms
)

// wevt is Windows' event log.
type wevt struct {
	signal windows.Handle // set when a subscription has something
	stop   windows.Handle
	done   chan struct{} // closed when nobody waits any more; nil if nobody ever did
	buf    []uint16
	text   []byte
}

// NewSystem opens the event log of this machine.
func NewSystem() (System, error) {
	for _, p := range wevtCalls {
		if err := p.Find(); err != nil {
			return nil, fmt.Errorf("loading the Windows Event Log API: %w", err)
		}
	}
	signal, err := windows.CreateEvent(nil, 0, 1, nil)
	if err != nil {
		return nil, fmt.Errorf("making an event: %w", err)
	}
	stop, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		_ = windows.CloseHandle(signal)
		return nil, fmt.Errorf("making an event: %w", err)
	}
	return &wevt{signal: signal, stop: stop, buf: make([]uint16, 32<<10)}, nil
}

// failedCall wraps what GetLastError says.
func failedCall(call string, err error) error {
	code, ok := err.(windows.Errno) //nolint:errorlint // a syscall's error is never wrapped
	if !ok {
		return fmt.Errorf("%s: %w", call, err)
	}
	if code == 0 {
		return &CallError{Call: call, Text: "it failed without saying why, as a stub does: this system does not implement it"}
	}
	return &CallError{Call: call, Code: uint32(code), Text: strings.TrimRight(code.Error(), ". \r\n")}
}

// invoke calls a procedure of which 0 means failure. Pointers among the arguments stay where they are until it returns.
//
//go:uintptrescapes
func invoke(p *windows.LazyProc, args ...uintptr) (uintptr, error) {
	r, _, err := p.Call(args...)
	if r == 0 {
		return 0, failedCall(p.Name, err)
	}
	return r, nil
}

func closeEvt(h uintptr) error {
	_, err := invoke(evtClose, h)
	return err
}

// Enabled implements [System], as do the other methods.
func (w *wevt) Enabled(channel string) (bool, error) {
	path, err := windows.UTF16PtrFromString(channel)
	if err != nil {
		return false, err
	}
	h, err := invoke(evtOpenChannelConfig, 0, uintptr(unsafe.Pointer(path)), 0)
	if err != nil {
		return false, err
	}
	defer func() { _ = closeEvt(h) }()
	var v struct { // EVT_VARIANT
		value       uint64
		count, kind uint32
	}
	var used uint32
	_, err = invoke(evtGetChannelConfig, h, evtChannelConfigEnabled, 0, unsafe.Sizeof(v), uintptr(unsafe.Pointer(&v)),
		uintptr(unsafe.Pointer(&used)))
	return uint32(v.value) != 0, err
}

// TimeOf implements [System].
func (w *wevt) TimeOf(channel string, record uint64) (int64, bool, error) {
	path, err := windows.UTF16PtrFromString(channel)
	if err != nil {
		return 0, false, err
	}
	query, err := windows.UTF16PtrFromString(fmt.Sprintf("*[System[EventRecordID=%d]]", record))
	if err != nil {
		return 0, false, err
	}
	h, err := invoke(evtQuery, 0, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(query)), evtQueryChannelPath)
	if err != nil {
		return 0, false, err
	}
	sub := &subscription{w: w, handle: h, timeout: queryTimeout}
	defer sub.Close()
	var at int64
	found := false
	err = sub.Next(1, func(xml []byte, err error) {
		if err == nil {
			at, found = form.RenderedTime(xml), true
		}
	})
	if err == io.EOF { //nolint:errorlint // Next gives it as it is
		err = nil
	}
	return at, found, err
}

// Subscribe implements [System].
func (w *wevt) Subscribe(channel, query string, from From, bookmark string) (Subscription, error) {
	path, err := windows.UTF16PtrFromString(channel)
	if err != nil {
		return nil, err
	}
	xpath, err := windows.UTF16PtrFromString(query)
	if err != nil {
		return nil, err
	}
	flags, mark := uintptr(evtSubscribeToFutureEvents), uintptr(0)
	switch from {
	case FromOldest:
		flags = evtSubscribeStartAtOldestRecord
	case AfterPlace:
		text, err := windows.UTF16PtrFromString(bookmark)
		if err != nil {
			return nil, err
		}
		if mark, err = invoke(evtCreateBookmark, uintptr(unsafe.Pointer(text))); err != nil {
			return nil, err
		}
		defer func() { _ = closeEvt(mark) }()
		flags = evtSubscribeStartAfterBookmark | evtSubscribeStrict
	case FromNow:
	}
	h, err := invoke(evtSubscribe, 0, uintptr(w.signal), uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(xpath)), mark, 0, 0, flags)
	if err != nil {
		return nil, err
	}
	return &subscription{w: w, handle: h}, nil
}

// Watch implements [System].
func (w *wevt) Watch(ctx context.Context, wake func()) error {
	w.done = make(chan struct{})
	unstop := context.AfterFunc(ctx, func() { _ = windows.SetEvent(w.stop) })
	go func() {
		defer close(w.done)
		defer unstop()
		both := []windows.Handle{w.stop, w.signal}
		for {
			switch n, err := windows.WaitForMultipleObjects(both, false, windows.INFINITE); {
			case err != nil || n != windows.WAIT_OBJECT_0+1:
				return
			default:
				wake()
				time.Sleep(time.Millisecond) // a signal that never rests must not take a processor
			}
		}
	}()
	return nil
}

// Close implements [System].
func (w *wevt) Close() error {
	if w.done != nil {
		_ = windows.SetEvent(w.stop)
		<-w.done
	}
	_ = windows.CloseHandle(w.signal)
	return windows.CloseHandle(w.stop)
}

// subscription is a handle of EvtSubscribe or EvtQuery.
type subscription struct {
	w       *wevt
	handle  uintptr
	timeout uintptr // ms to wait for a record; 0 for a subscription, which signals
}

// Next implements [Subscription].
func (s *subscription) Next(n int, document func(xml []byte, err error)) error {
	var events [liveBatch]uintptr
	var got uint32
	n = min(n, len(events))
	_, err := invoke(evtNext, s.handle, uintptr(n), uintptr(unsafe.Pointer(&events[0])), s.timeout, 0, uintptr(unsafe.Pointer(&got)))
	if err != nil {
		code := windows.Errno(codeOf(err))
		if code == windows.ERROR_NO_MORE_ITEMS || code == windows.ERROR_TIMEOUT && s.timeout == 0 {
			return io.EOF
		}
		return err
	}
	for _, h := range events[:got] {
		document(s.w.render(h))
		_ = closeEvt(h)
	}
	return nil
}

// Close implements [Subscription].
func (s *subscription) Close() error { return closeEvt(s.handle) }

// render gives a record as XML. The buffer is reused.
func (w *wevt) render(h uintptr) ([]byte, error) {
	for {
		var used, properties uint32
		_, err := invoke(evtRender, 0, h, evtRenderEventXML, uintptr(2*len(w.buf)), uintptr(unsafe.Pointer(&w.buf[0])),
			uintptr(unsafe.Pointer(&used)), uintptr(unsafe.Pointer(&properties)))
		if windows.Errno(codeOf(err)) == windows.ERROR_INSUFFICIENT_BUFFER && int(used) > 2*len(w.buf) && used < form.MaxDocument {
			w.buf = make([]uint16, used/2+1)
			continue
		}
		if err != nil {
			return nil, err
		}
		units := min(int(used)/2, len(w.buf))
		w.text = typed.AppendUTF16(w.text[:0], unsafe.Slice((*byte)(unsafe.Pointer(&w.buf[0])), 2*units))
		runtime.KeepAlive(w.buf)
		return w.text, nil
	}
}

// Audited implements [System].
func (w *wevt) Audited(guids []string) (map[string]Audit, error) {
	if err := auditQuerySystemPolicy.Find(); err != nil {
		return nil, fmt.Errorf("reading the audit policy: %w", err)
	}
	ids := make([]windows.GUID, len(guids))
	for i, g := range guids {
		id, err := windows.GUIDFromString("{" + g + "}")
		if err != nil {
			return nil, fmt.Errorf("reading the audit policy: %w", err)
		}
		ids[i] = id
	}
	enable("SeSecurityPrivilege") // administrators have it, and not in force
	var info uintptr
	r, _, err := auditQuerySystemPolicy.Call(uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids)), uintptr(unsafe.Pointer(&info)))
	if byte(r) == 0 { // a BOOLEAN
		return nil, failedCall(auditQuerySystemPolicy.Name, err)
	}
	if info == 0 {
		return nil, &CallError{Call: auditQuerySystemPolicy.Name, Text: "it gave nothing"}
	}
	defer func() { _, _, _ = auditFree.Call(info) }()
	out := make(map[string]Audit)
	const size = 36 // AUDIT_POLICY_INFORMATION: two GUIDs around the flags
	raw := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&info))), size*len(ids))
	for i, g := range guids {
		flags := binary.LittleEndian.Uint32(raw[size*i+16:]) // POLICY_AUDIT_EVENT_SUCCESS 1, _FAILURE 2
		out[g] = Audit{Success: flags&1 != 0, Failure: flags&2 != 0}
	}
	return out, nil
}

// enable puts a privilege of this program in force, if it has it. What needs it says so when it is refused.
func enable(privilege string) {
	var token windows.Token
	if windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_ADJUST_PRIVILEGES, &token) != nil {
		return
	}
	defer token.Close()
	name, err := windows.UTF16PtrFromString(privilege)
	if err != nil {
		return
	}
	state := windows.Tokenprivileges{PrivilegeCount: 1}
	state.Privileges[0].Attributes = windows.SE_PRIVILEGE_ENABLED
	if windows.LookupPrivilegeValue(nil, name, &state.Privileges[0].Luid) == nil {
		_ = windows.AdjustTokenPrivileges(token, false, &state, 0, nil, nil)
	}
}

// Setting implements [System].
func (w *wevt) Setting(key, value string) (uint32, bool) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, key, registry.QUERY_VALUE)
	if err != nil {
		return 0, false
	}
	defer k.Close()
	n, _, err := k.GetIntegerValue(value)
	return uint32(n), err == nil
}
