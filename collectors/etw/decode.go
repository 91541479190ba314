package etw

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// Types of values as they lie in an event (TDH_INTYPE of tdh.h).
const (
	inUnicode       = 1
	inANSI          = 2
	inInt8          = 3
	inUInt8         = 4
	inInt16         = 5
	inUInt16        = 6
	inInt32         = 7
	inUInt32        = 8
	inInt64         = 9
	inUInt64        = 10
	inFloat         = 11
	inDouble        = 12
	inBoolean       = 13
	inBinary        = 14
	inGUID          = 15
	inPointer       = 16
	inFileTime      = 17
	inSystemTime    = 18
	inSID           = 19
	inHex32         = 20
	inHex64         = 21
	inCountedText   = 22
	inCountedANSI   = 23
	inCountedBinary = 25
	inCounted300    = 300
	inCounted301    = 301
	inSizeT         = 308

	outHex8, outHex64 = 16, 19 // TDH_OUTTYPE_HEXINT8 to _HEXINT64
)

// Bounds on what one event may become: an event is at most 64 KiB.
const (
	maxValues = 4096
	maxDepth  = 4 // of structures
)

var errShort = errors.New("the event is shorter than its description says")

// values decodes an event's data by its schema.
type values struct {
	s       *schema
	data    []byte
	pointer int // bytes
	fields  []form.Field
	numbers [maxProperties]uint32 // values of the properties read, for those that measure others
}

// decode appends the properties of an event to fields. What precedes an error is kept.
func (v *values) decode(s *schema, data []byte, pointer int, fields []form.Field) ([]form.Field, error) {
	v.s, v.data, v.pointer, v.fields = s, data, pointer, fields
	err := v.run(0, s.top, 0)
	fields, v.fields, v.data, v.s = v.fields, nil, nil, nil
	return fields, err
}

func (v *values) run(from, to, depth int) error {
	if depth > maxDepth {
		return errSchema
	}
	for i := from; i < to; i++ {
		p := &v.s.properties[i]
		count := int(p.count)
		if p.flags&countIndex != 0 {
			count = int(v.numbers[p.count])
		} else if count == 0 && p.flags&fixedCount == 0 {
			count = 1
		}
		if len(v.fields)+count > maxValues {
			return errSchema
		}
		for range count {
			if p.flags&isStruct != 0 {
				if err := v.run(int(p.members), int(p.members)+int(p.memberCount), depth+1); err != nil {
					return err
				}
				continue
			}
			length := int(p.length)
			if p.flags&lengthIndex != 0 {
				length = int(v.numbers[p.length])
			}
			text, n, err := v.value(p, i, length)
			if err != nil {
				return err
			}
			v.data = v.data[n:]
			v.fields = append(v.fields, form.Field{Name: p.name, Value: text})
		}
	}
	return nil
}

// sizes are those of the types that have one.
var sizes = map[uint16]int{
	inInt8: 1, inUInt8: 1, inInt16: 2, inUInt16: 2, inInt32: 4, inUInt32: 4, inInt64: 8, inUInt64: 8, inFloat: 4, inDouble: 8,
	inBoolean: 4, inGUID: 16, inFileTime: 8, inSystemTime: 16, inHex32: 4, inHex64: 8,
}

// value gives a value as text, as the event log renders it, and how many bytes it takes.
func (v *values) value(p *property, index, length int) (string, int, error) {
	b := v.data
	size, fixed := sizes[p.in]
	if p.in == inPointer || p.in == inSizeT {
		size, fixed = v.pointer, true
	}
	if fixed {
		if len(b) < size {
			return "", 0, errShort
		}
		return v.number(p, index, b[:size]), size, nil
	}
	if len(b) == 0 && length == 0 && p.flags&lengthIndex == 0 {
		return "", 0, errShort // a text without even its zero
	}
	switch p.in {
	case inUnicode:
		if length > 0 || p.flags&lengthIndex != 0 {
			if len(b) < 2*length {
				return "", 0, errShort
			}
			return strings.TrimRight(wideText(b[:2*length]), "\ufffd"), 2 * length, nil
		}
		text, n := wide(b, len(b))
		return text, n, nil
	case inANSI:
		if length > 0 || p.flags&lengthIndex != 0 {
			if len(b) < length {
				return "", 0, errShort
			}
			return narrow(strings.TrimRight(string(b[:length]), "\x00")), length, nil
		}
		text, _, found := strings.Cut(string(b), "\x00")
		n := len(text)
		if found {
			n++
		}
		return narrow(text), n, nil
	case inSID:
		text, n := sidText(b)
		if n == 0 {
			return "", 0, errShort
		}
		return text, n, nil
	case inBinary:
		if len(b) < length {
			return "", 0, errShort
		}
		return hex.EncodeToString(b[:length]), length, nil
	case inCountedText, inCountedANSI, inCountedBinary, inCounted300, inCounted301:
		if len(b) < 2 {
			return "", 0, errShort
		}
		n := int(binary.LittleEndian.Uint16(b))
		if len(b) < 2+n {
			return "", 0, errShort
		}
		raw := b[2 : 2+n]
		switch p.in {
		case inCountedBinary:
			return hex.EncodeToString(raw), 2 + n, nil
		case inCountedANSI, inCounted301:
			return narrow(string(raw)), 2 + n, nil
		}
		return wideText(raw), 2 + n, nil
	}
	return "", 0, errSchema // a type that no manifest of ours has: what follows cannot be found
}

// number renders a value of a fixed size, and keeps what may measure another.
func (v *values) number(p *property, index int, b []byte) string {
	n := uint64(0)
	if len(b) <= 8 {
		var w [8]byte
		copy(w[:], b)
		n = binary.LittleEndian.Uint64(w[:])
	}
	v.numbers[index] = uint32(min(n, math.MaxUint16)) // nothing in an event is longer
	switch p.in {
	case inInt8:
		return strconv.FormatInt(int64(int8(n)), 10)
	case inInt16:
		return strconv.FormatInt(int64(int16(n)), 10)
	case inInt32:
		return strconv.FormatInt(int64(int32(n)), 10)
	case inInt64:
		return strconv.FormatInt(int64(n), 10)
	case inFloat:
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(n))), 'g', -1, 32)
	case inDouble:
		return strconv.FormatFloat(math.Float64frombits(n), 'g', -1, 64)
	case inBoolean:
		return strconv.FormatBool(n != 0)
	case inGUID:
		return GUID(b).String()
	case inFileTime:
		return timeText(unixNS(int64(n)))
	case inSystemTime:
		w := func(i int) int { return int(binary.LittleEndian.Uint16(b[i:])) }
		t := time.Date(w(0), time.Month(w(2)), w(6), w(8), w(10), w(12), w(14)*1e6, time.UTC)
		return t.Format("2006-01-02T15:04:05.000Z")
	case inPointer, inSizeT, inHex32, inHex64:
		return "0x" + strconv.FormatUint(n, 16)
	}
	if p.out >= outHex8 && p.out <= outHex64 {
		return "0x" + strconv.FormatUint(n, 16)
	}
	return strconv.FormatUint(n, 10)
}

// unixNS makes Unix nanoseconds of a FILETIME, 100 ns since 1601; 0 where it does not fit.
func unixNS(t int64) int64 {
	const epoch = 116444736000000000
	if t <= epoch || t-epoch > math.MaxInt64/100 {
		return 0
	}
	return (t - epoch) * 100
}

func timeText(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// narrow makes text of bytes in a code page that is not known: what is no UTF-8 reads as U+FFFD.
func narrow(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// sidText writes a security identifier, "S-1-5-18", and how long it is; 0 if b holds none.
// https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/f992ad60-0fe4-4b87-9fed-beb478836861
func sidText(b []byte) (string, int) {
	if len(b) < 8 || b[0] != 1 || b[1] > 15 || len(b) < 8+4*int(b[1]) {
		return "", 0
	}
	n := 8 + 4*int(b[1])
	authority := uint64(b[2])<<40 | uint64(b[3])<<32 | uint64(b[4])<<24 | uint64(b[5])<<16 | uint64(b[6])<<8 | uint64(b[7])
	s := strconv.AppendUint([]byte("S-1-"), authority, 10)
	for i := 8; i < n; i += 4 {
		s = strconv.AppendUint(append(s, '-'), uint64(binary.LittleEndian.Uint32(b[i:])), 10)
	}
	return string(s), n
}

// number reads back a value that was rendered as a number, decimal or hexadecimal; 0 where it is none.
func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0
	}
	return n
}
