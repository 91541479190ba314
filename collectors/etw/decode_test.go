package etw

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// described is a property as a test writes it.
type described struct {
	name            string
	flags           uint32
	in, out         uint16
	members, nested uint16
	count, length   uint16
}

// info builds a TRACE_EVENT_INFO as TdhGetEventInformation gives it: the table of properties, then the names.
func info(provider string, top int, properties ...described) []byte {
	b := make([]byte, infoProperties+propertySize*len(properties))
	name := func(s string) uint32 {
		at := uint32(len(b))
		for _, u := range append(utf16.Encode([]rune(s)), 0) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		return at
	}
	from := name(provider)
	binary.LittleEndian.PutUint32(b[infoProviderName:], from)
	binary.LittleEndian.PutUint32(b[infoPropertyCount:], uint32(len(properties)))
	binary.LittleEndian.PutUint32(b[infoTopLevel:], uint32(top))
	for i, d := range properties {
		at := name(d.name)
		p := b[infoProperties+i*propertySize:]
		binary.LittleEndian.PutUint32(p, d.flags)
		binary.LittleEndian.PutUint32(p[4:], at)
		if d.flags&isStruct != 0 {
			binary.LittleEndian.PutUint16(p[8:], d.members)
			binary.LittleEndian.PutUint16(p[10:], d.nested)
		} else {
			binary.LittleEndian.PutUint16(p[8:], d.in)
			binary.LittleEndian.PutUint16(p[10:], d.out)
		}
		binary.LittleEndian.PutUint16(p[16:], d.count)
		binary.LittleEndian.PutUint16(p[18:], d.length)
	}
	return b
}

// payload lays values out as a provider writes them.
func payload(values ...any) []byte {
	var b []byte
	for _, v := range values {
		switch v := v.(type) {
		case string: // UTF-16 with its zero
			for _, u := range append(utf16.Encode([]rune(v)), 0) {
				b = binary.LittleEndian.AppendUint16(b, u)
			}
		case []byte:
			b = append(b, v...)
		case uint8:
			b = append(b, v)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, v)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, v)
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, v)
		}
	}
	return b
}

var everyType = []described{
	{name: "Text", in: inUnicode, count: 1},
	{name: "Narrow", in: inANSI, count: 1},
	{name: "Minus", in: inInt32, count: 1},
	{name: "Word", in: inUInt16, count: 1},
	{name: "Hex", in: inHex32, count: 1},
	{name: "Shown", in: inUInt32, out: 18, count: 1},
	{name: "Pointer", in: inPointer, count: 1},
	{name: "When", in: inFileTime, count: 1},
	{name: "Clock", in: inSystemTime, count: 1},
	{name: "GUID", in: inGUID, count: 1},
	{name: "User", in: inSID, count: 1},
	{name: "Yes", in: inBoolean, count: 1},
	{name: "Size", in: inUInt32, count: 1},
	{name: "Blob", flags: lengthIndex, in: inBinary, count: 1, length: 12},
	{name: "N", in: inUInt16, count: 1},
	{name: "Pairs", flags: isStruct | countIndex, members: 18, nested: 2, count: 14},
	{name: "Counted", in: inCountedText, count: 1},
	{name: "Last", in: inUInt8, count: 1},
	{name: "A", in: inUInt8, count: 1},
	{name: "B", in: inUnicode, count: 1},
}

func everyValue() []byte {
	guid := parseGUID("{4b324fc8-1670-01d3-1278-5a47bf6ee188}")
	return payload("naïve 😀", []byte("ansi\x00"), uint32(0xfffffffe), uint16(7), uint32(0xc0000022), uint32(0x40), uint64(0x7ff6a1b21000),
		uint64(134169156411234567), uint16(2026), uint16(3), uint16(1), uint16(2), uint16(9), uint16(0), uint16(1), uint16(5), guid[:],
		[]byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0}, uint32(1),
		uint32(3), []byte{0xde, 0xad, 0xbe}, uint16(2), uint8(1), "one", uint8(2), "two", uint16(4), []byte{'o', 0, 'k', 0}, uint8(9))
}

// TestValues decodes every type of value, those that others measure, and structures.
func TestValues(t *testing.T) {
	s, err := parseSchema(info("Some-Provider", 18, everyType...))
	if err != nil {
		t.Fatal(err)
	}
	if s.provider != "Some-Provider" || s.top != 18 {
		t.Errorf("%+v", s)
	}
	var v values
	got, err := v.decode(s, everyValue(), 8, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []form.Field{
		{Name: "Text", Value: "naïve 😀"},
		{Name: "Narrow", Value: "ansi"},
		{Name: "Minus", Value: "-2"},
		{Name: "Word", Value: "7"},
		{Name: "Hex", Value: "0xc0000022"},
		{Name: "Shown", Value: "0x40"},
		{Name: "Pointer", Value: "0x7ff6a1b21000"},
		{Name: "When", Value: "2026-03-02T09:00:41.1234567Z"},
		{Name: "Clock", Value: "2026-03-02T09:00:01.005Z"},
		{Name: "GUID", Value: "{4b324fc8-1670-01d3-1278-5a47bf6ee188}"},
		{Name: "User", Value: "S-1-5-32-544"},
		{Name: "Yes", Value: "true"},
		{Name: "Size", Value: "3"},
		{Name: "Blob", Value: "deadbe"},
		{Name: "N", Value: "2"},
		{Name: "A", Value: "1"},
		{Name: "B", Value: "one"},
		{Name: "A", Value: "2"},
		{Name: "B", Value: "two"},
		{Name: "Counted", Value: "ok"},
		{Name: "Last", Value: "9"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	// Cut anywhere, what stands before the cut is the same.
	data := everyValue()
	for n := range data {
		part, _ := v.decode(s, data[:n], 8, nil)
		if len(part) > 1 && !reflect.DeepEqual(part[:len(part)-1], want[:len(part)-1]) {
			t.Fatalf("cut at %d: %v", n, part)
		}
	}
	if got, err := v.decode(s, data[:len(data)-1], 8, nil); err == nil || len(got) != len(want)-1 {
		t.Errorf("a cut event gave %d values and %v", len(got), err)
	}
}

// TestPointers reads the same event of a process of 32 bits.
func TestPointers(t *testing.T) {
	s, err := parseSchema(info("P", 2, described{name: "At", in: inPointer, count: 1}, described{name: "N", in: inUInt32, count: 1}))
	if err != nil {
		t.Fatal(err)
	}
	var v values
	got, err := v.decode(s, payload(uint32(0x401000), uint32(5)), (&rawEvent{flags: header32}).pointer(), nil)
	if err != nil || got[0].Value != "0x401000" || got[1].Value != "5" {
		t.Errorf("%v %v", got, err)
	}
}

// TestBrokenSchemas refuses descriptions that point out of themselves.
func TestBrokenSchemas(t *testing.T) {
	good := info("P", 1, described{name: "A", in: inUInt32, count: 1})
	for what, b := range map[string][]byte{
		"empty":                     nil,
		"cut":                       good[:infoProperties+propertySize-1],
		"more at the top":           info("P", 2, described{name: "A", in: inUInt32, count: 1}),
		"members beyond the end":    info("P", 1, described{name: "A", flags: isStruct, members: 0, nested: 2, count: 1}),
		"measured by what follows":  info("P", 1, described{name: "A", flags: lengthIndex, in: inBinary, count: 1, length: 1}),
		"measured by itself":        info("P", 1, described{name: "A", flags: countIndex, in: inUInt8, count: 0}),
		"more properties than bits": binary.LittleEndian.AppendUint32(append([]byte(nil), good[:infoPropertyCount]...), 1<<31),
	} {
		if _, err := parseSchema(b); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	// A structure that holds itself ends.
	s, err := parseSchema(info("P", 1, described{name: "A", flags: isStruct, members: 0, nested: 1, count: 4}))
	if err != nil {
		t.Fatal(err)
	}
	var v values
	if got, err := v.decode(s, make([]byte, 64), 8, nil); err == nil {
		t.Errorf("a structure within itself gave %v", got)
	}
}

func FuzzSchema(f *testing.F) {
	f.Add(info("Some-Provider", 18, everyType...), everyValue())
	f.Add(info("P", 1, described{name: "A", flags: isStruct, members: 0, nested: 1, count: 4}), []byte{1, 2, 3})
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, description, data []byte) {
		s, err := parseSchema(description)
		if err != nil {
			return
		}
		var v values
		for _, pointer := range []int{4, 8} {
			fields, _ := v.decode(s, data, pointer, nil)
			if len(fields) > maxValues {
				t.Fatalf("%d values", len(fields))
			}
			for _, x := range fields {
				if strings.ContainsRune(x.Value, 0) || strings.ToValidUTF8(x.Value, "") != x.Value {
					t.Fatalf("%q is no clean text", x.Value)
				}
			}
		}
	})
}

func TestGUID(t *testing.T) {
	const text = "{4b324fc8-1670-01d3-1278-5a47bf6ee188}"
	g := parseGUID(text)
	if g.String() != text || g[0] != 0xc8 || g[8] != 0x12 {
		t.Errorf("%s % x", g, g[:])
	}
	if parseGUID("{short}") != (GUID{}) || parseGUID(strings.ToUpper(text)) != g {
		t.Error("a text that is none, or one in capitals, reads wrong")
	}
}
