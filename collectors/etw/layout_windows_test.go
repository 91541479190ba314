package etw

import (
	"testing"
	"unsafe"
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
