package etw

import (
	"encoding/binary"
	"errors"

	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

// request is what a session asks of a provider (EnableTraceEx2).
type request struct {
	guid     GUID
	name     string
	level    uint8
	keywords uint64
	ids      []byte // EVENT_FILTER_EVENT_ID: only these events
	stacks   []byte // EVENT_FILTER_EVENT_ID: stacks with only these; nil for none
}

const (
	levelInformation = 4
	levelVerbose     = 5
	maxFilterIDs     = 64 // MAX_EVENT_FILTER_EVENT_ID_COUNT
)

func requestOf(t *meaning.Trace) request {
	r := request{guid: parseGUID(t.GUID), name: t.Name, level: levelInformation, keywords: t.Keywords, ids: idFilter(t.Events())}
	if t.Verbose {
		r.level = levelVerbose
	}
	if len(t.Stacks) > 0 {
		r.stacks = idFilter(t.Stacks)
	}
	return r
}

// idFilter builds an EVENT_FILTER_EVENT_ID that lets the ids through, so that the provider writes no other:
// https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_event_id.
func idFilter(ids []uint32) []byte {
	if len(ids) > maxFilterIDs {
		ids = ids[:maxFilterIDs]
	}
	b := make([]byte, 4, 4+2*len(ids))
	b[0] = 1 // FilterIn
	binary.LittleEndian.PutUint16(b[2:], uint16(len(ids)))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint16(b, uint16(id))
	}
	return b
}

var errGUIDInfo = errors.New("the list of a provider's sessions does not fit its own size")

// unfiltered is the request for a Windows that cannot filter by id: what is not wanted is left out later, at a price.
func (r *request) unfiltered() *request {
	all := *r
	all.ids, all.stacks = nil, nil
	return &all
}

// enabledFor reads a TRACE_GUID_INFO, the answer of EnumerateTraceGuidsEx, and tells whether a session has a provider enabled with at
// least these keywords. It is so, too, of a provider that nobody has registered: who does later is asked by Windows.
// https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-trace_guid_info
func enabledFor(b []byte, session uint16, level uint8, keywords uint64) (bool, error) {
	const (
		instanceSize = 16 // NextOffset, EnableCount, Pid, Flags
		enableSize   = 32 // IsEnabled, Level, Reserved1, LoggerId, EnableProperty, Reserved2, MatchAnyKeyword, MatchAllKeyword
	)
	if len(b) < 8 {
		return false, errGUIDInfo
	}
	if u32(b) == 0 {
		return true, nil
	}
	at := 8
	for range u32(b) {
		if at < 0 || at+instanceSize > len(b) {
			return false, errGUIDInfo
		}
		next, count := int(u32(b[at:])), int(u32(b[at+4:]))
		if count > (len(b)-at-instanceSize)/enableSize {
			return false, errGUIDInfo
		}
		for i := range count {
			e := b[at+instanceSize+i*enableSize:]
			if binary.LittleEndian.Uint16(e[6:]) != session || u32(e) == 0 {
				continue
			}
			any := binary.LittleEndian.Uint64(e[16:])
			if e[4] >= level && (any == 0 || any&keywords == keywords && keywords != 0) {
				return true, nil
			}
		}
		if next == 0 {
			break
		}
		at += next
	}
	return false, nil
}
