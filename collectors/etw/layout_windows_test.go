package etw

import (
	"errors"
	"strings"
	"testing"
	"unsafe"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// TestLayouts holds the structures to the sizes and places that the SDK's headers give them.
func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want uintptr
	}{
		{"EVENT_TRACE_PROPERTIES", unsafe.Offsetof(traceProperties{}.names), 120},
		{"EVENT_TRACE_PROPERTIES.BufferSize", unsafe.Offsetof(traceProperties{}.bufferKB), 48},
		{"EVENT_TRACE_PROPERTIES.LogFileMode", unsafe.Offsetof(traceProperties{}.mode), 64},
		{"EVENT_TRACE_PROPERTIES.NumberOfBuffers", unsafe.Offsetof(traceProperties{}.buffers), 80},
		{"EVENT_TRACE_PROPERTIES.EventsLost", unsafe.Offsetof(traceProperties{}.eventsLost), 88},
		{"EVENT_TRACE_PROPERTIES.RealTimeBuffersLost", unsafe.Offsetof(traceProperties{}.realTimeLost), 100},
		{"EVENT_TRACE_PROPERTIES.LogFileNameOffset", unsafe.Offsetof(traceProperties{}.fileName), 112},
		{"EVENT_RECORD", unsafe.Sizeof(eventRecord{}), 112},
		{"EVENT_RECORD.TimeStamp", unsafe.Offsetof(eventRecord{}.time), 16},
		{"EVENT_RECORD.EventDescriptor", unsafe.Offsetof(eventRecord{}.id), 40},
		{"EVENT_RECORD.Keyword", unsafe.Offsetof(eventRecord{}.keyword), 48},
		{"EVENT_RECORD.ActivityId", unsafe.Offsetof(eventRecord{}.activity), 64},
		{"EVENT_RECORD.ExtendedDataCount", unsafe.Offsetof(eventRecord{}.extendedCount), 84},
		{"EVENT_RECORD.UserData", unsafe.Offsetof(eventRecord{}.data), 96},
		{"EVENT_HEADER_EXTENDED_DATA_ITEM", unsafe.Sizeof(extendedItem{}), 16},
		{"EVENT_TRACE_LOGFILEW", unsafe.Sizeof(traceLogfile{}), 448},
		{"EVENT_TRACE_LOGFILEW.ProcessTraceMode", unsafe.Offsetof(traceLogfile{}.mode), 28},
		{"EVENT_TRACE_LOGFILEW.EventRecordCallback", unsafe.Offsetof(traceLogfile{}.callback), 424},
		{"EVENT_TRACE_LOGFILEW.Context", unsafe.Offsetof(traceLogfile{}.context), 440},
		{"EVENT_FILTER_DESCRIPTOR", unsafe.Sizeof(filterDescriptor{}), 16},
		{"EVENT_FILTER_DESCRIPTOR.Size", unsafe.Offsetof(filterDescriptor{}.size), 8},
		{"ENABLE_TRACE_PARAMETERS", unsafe.Sizeof(enableParameters{}), 48},
		{"ENABLE_TRACE_PARAMETERS.EnableFilterDesc", unsafe.Offsetof(enableParameters{}.filters), 32},
	} {
		if c.got != c.want {
			t.Errorf("%s is at or of %d bytes, the headers say %d", c.what, c.got, c.want)
		}
	}
}

// TestDelivered hands the callback a record as Windows does.
func TestDelivered(t *testing.T) {
	data, stack, sid := []byte{1, 2, 3, 4}, addresses(0x1000), []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}
	items := []extendedItem{{kind: extSID, size: uint16(len(sid)), data: &sid[0]}, {kind: 9}, {
		kind: extStack64, size: uint16(len(stack)),
		data: &stack[0],
	}}
	r := eventRecord{
		flags: header32, tid: 8, pid: 4, time: 134169156411234567, provider: sessionGUID, id: 5, version: 2, level: 4, opcode: 1, task: 9,
		keyword:       1 << 63,
		extendedCount: uint16(len(items)), dataLength: uint16(len(data)), extended: &items[0], data: &data[0], user: contexts.Add(1),
	}
	delivered(&r) // nobody waits for it
	var q queue
	consumers.Store(r.user, consumer(func(e rawEvent, data []byte, more func(yield func(extended) bool)) { q.put(e, data, more) }))
	defer consumers.Delete(r.user)
	delivered(&r)
	r.extended, r.data, r.extendedCount, r.dataLength = nil, nil, 0, 0
	delivered(&r)
	var b batch
	q.swap(&b)
	if len(b.events) != 2 {
		t.Fatalf("%d events", len(b.events))
	}
	e := b.events[0]
	if e.pid != 4 || e.tid != 8 || e.id != 5 || e.version != 2 || e.level != 4 || e.task != 9 || e.pointer() != 4 ||
		e.provider != sessionGUID ||
		e.timeNS != 1772442041123456700 || string(b.bytes(e.data)) != string(data) || string(b.bytes(e.sid)) != string(sid) ||
		string(b.bytes(e.stack)) != string(stack[8:]) || e.stackPointer != 8 {
		t.Errorf("%+v", e)
	}
	if e := b.events[1]; len(b.bytes(e.data))+len(b.bytes(e.stack))+len(b.bytes(e.sid)) != 0 {
		t.Errorf("%+v", e)
	}
}

// TestSystem asks Windows what stacks and paths need.
func TestSystem(t *testing.T) {
	w := new(winSystem)
	var found bool
	for _, m := range w.modules(w.pid()) {
		found = found || m.Base != 0 && m.Size != 0 && strings.EqualFold(event.LastPart(m.Path), "ntdll.dll")
	}
	if !found {
		t.Errorf("modules of our own: %v", w.modules(w.pid()))
	}
	if w.modules(0xfffffffc) != nil {
		t.Error("modules of no process")
	}
	if d := w.devices(); len(d) == 0 || !strings.HasPrefix(d[0].device, `\`) || len(d[0].drive) != 2 {
		t.Errorf("volumes %v", d)
	}
	if w.computer() == "" {
		t.Error("no name")
	}
	if err := call(advapi32.NewProc("NoSuchFunction")); !errors.Is(err, errNoProcedure) {
		t.Error(err)
	}
}

// TestClaim gives a session to one process at a time.
func TestClaim(t *testing.T) {
	const name = "apiwatch-test-claim"
	first, second := new(winSystem), new(winSystem)
	if err := first.claim(name); err != nil {
		t.Fatal(err)
	}
	if err := second.claim(name); !errors.Is(err, errAlreadyExists) {
		t.Errorf("a second claim: %v", err)
	}
	second.release()
	first.release()
	if err := second.claim(name); err != nil {
		t.Errorf("after the first: %v", err)
	}
	second.release()
}
