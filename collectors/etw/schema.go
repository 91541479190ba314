package etw

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// schema is what a provider's manifest says of one event: the properties in the order in which their values lie.
type schema struct {
	provider   string
	properties []property
	top        int // how many of them are the event's own; the others are members of structures
}

// property is an EVENT_PROPERTY_INFO of tdh.h.
type property struct {
	name    string
	flags   uint32
	in, out uint16 // types
	// Of a structure: where its members begin and how many there are.
	members, memberCount uint16
	// How many values, and how long: a number, or with the flag the index of the property that holds it.
	count, length uint16
}

// Flags of a property (PROPERTY_FLAGS).
const (
	isStruct    = 0x1
	lengthIndex = 0x2
	countIndex  = 0x4
	fixedCount  = 0x20
)

// Layout of TRACE_EVENT_INFO, https://learn.microsoft.com/windows/win32/api/tdh/ns-tdh-trace_event_info. It is the same for
// programs of 32 and 64 bits.
const (
	infoProviderName  = 52
	infoPropertyCount = 100
	infoTopLevel      = 104
	infoProperties    = 112
	propertySize      = 24

	maxProperties = 1024
	maxName       = 256 // characters of a property's or provider's name
)

var errSchema = errors.New("the event's description does not fit its own size")

// parseSchema reads a TRACE_EVENT_INFO as TdhGetEventInformation gives it.
func parseSchema(b []byte) (*schema, error) {
	if len(b) < infoProperties {
		return nil, errSchema
	}
	n, top := binary.LittleEndian.Uint32(b[infoPropertyCount:]), binary.LittleEndian.Uint32(b[infoTopLevel:])
	if n > maxProperties || top > n || len(b)-infoProperties < int(n)*propertySize {
		return nil, errSchema
	}
	s := &schema{provider: nameAt(b, binary.LittleEndian.Uint32(b[infoProviderName:])), properties: make([]property, n), top: int(top)}
	for i := range s.properties {
		p := b[infoProperties+i*propertySize:]
		q := &s.properties[i]
		q.flags = binary.LittleEndian.Uint32(p)
		q.name = nameAt(b, binary.LittleEndian.Uint32(p[4:]))
		if q.flags&isStruct != 0 {
			q.members, q.memberCount = binary.LittleEndian.Uint16(p[8:]), binary.LittleEndian.Uint16(p[10:])
			if int(q.members)+int(q.memberCount) > int(n) {
				return nil, errSchema
			}
		} else {
			q.in, q.out = binary.LittleEndian.Uint16(p[8:]), binary.LittleEndian.Uint16(p[10:])
		}
		q.count, q.length = binary.LittleEndian.Uint16(p[16:]), binary.LittleEndian.Uint16(p[18:])
		if q.flags&countIndex != 0 && int(q.count) >= i || q.flags&lengthIndex != 0 && int(q.length) >= i {
			return nil, errSchema // it stands before what it measures
		}
	}
	return s, nil
}

// nameAt reads the UTF-16 text at an offset, "" where there is none.
func nameAt(b []byte, at uint32) string {
	if at == 0 || int64(at) >= int64(len(b)) {
		return ""
	}
	text, _ := wide(b[at:], maxName)
	return text
}

// wide reads UTF-16 text up to its zero, the end, or at most limit characters; and how many bytes it takes, the zero or an odd last byte
// included.
func wide(b []byte, limit int) (string, int) {
	n := 0
	for n < limit && 2*n+1 < len(b) && (b[2*n] != 0 || b[2*n+1] != 0) {
		n++
	}
	return wideText(b[:2*n]), min(2*n+2, len(b))
}

// wideText makes text of UTF-16; a zero within it reads as U+FFFD.
func wideText(b []byte) string {
	out := make([]byte, 0, len(b)/2)
	for len(b) >= 2 {
		r := rune(binary.LittleEndian.Uint16(b))
		b = b[2:]
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if len(b) >= 2 {
				low = rune(binary.LittleEndian.Uint16(b))
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				b = b[2:]
			}
		}
		if r == 0 {
			r = utf8.RuneError
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
