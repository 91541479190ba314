package meaning

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// kernelRegistry is the kernel's account of the registry, as far as it changes: keys made and deleted, values set and deleted,
// security set. A value's data is what the kernel captured of it.
var kernelRegistry = &Trace{
	Name: "Microsoft-Windows-Kernel-Registry", GUID: "{70eb4f03-c1de-4f73-a051-33d13d5413bd}",
	Keywords: 0x4 | 0x100 | 0x200 | 0x1000 | 0x4000, // SetSecurityKey, SetValueKey, DeleteValueKey, CreateKey, DeleteKey
	events: map[uint32]mapping{
		1: tracedCreateKey, 3: tracedKey("delete_key", "RegDeleteKey"), 5: tracedKey("set_value", "RegSetValueEx"),
		6: tracedKey("delete_value", "RegDeleteValue"), 15: tracedKey("set_security", "RegSetKeySecurity"),
	},
}

// keyName gives the name of a key: the event's own, or the one that the key object had when it was made.
func (m *Mapper) keyName(r *form.Record) string {
	if name := first(r, "KeyName"); strings.HasPrefix(name, `\`) {
		return name
	}
	if made, ok := m.trace.keys.m[m.at(number(r.Get("KeyObject")))]; ok {
		return made
	}
	return first(r, "KeyName")
}

// tracedCreateKey keeps what was made (disposition 1) apart from what was only opened.
func tracedCreateKey(m *Mapper, r *form.Record) bool {
	m.traced(r)
	base, relative := first(r, "BaseName"), first(r, "RelativeName")
	name := relative
	if !strings.HasPrefix(relative, `\`) {
		if base == "" {
			base = m.trace.keys.m[m.at(number(r.Get("BaseObject")))]
		}
		name = strings.TrimSuffix(base, `\`) + `\` + relative
	}
	if object := number(r.Get("KeyObject")); object != 0 && name != `\` {
		m.trace.keys.put(m.at(object), strings.Clone(name))
	}
	ev := m.is(event.KindRegistryChange, "RegCreateKeyEx")
	m.outcome(r, "Status")
	ev.Path = registryPath(name, "")
	if number(r.Get("Disposition")) == 2 {
		ev.Kind, ev.API = event.KindCall, event.APINamed("RegOpenKeyEx")
		ev.Detail = m.call(r)
		return true
	}
	ev.Detail = &event.RegistryChange{Action: "create_key"}
	return true
}

func tracedKey(action, api string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.traced(r)
		ev := m.is(event.KindRegistryChange, api)
		m.outcome(r, "Status")
		c := &event.RegistryChange{Action: action, ValueName: m.name(r, "ValueName")}
		if action == "set_value" {
			t := number(r.Get("Type"))
			c.Type = registryTypeName(t)
			c.Data = registryData(t, r.Get("CapturedData"))
			if old := number(r.Get("PreviousDataType")); r.Get("PreviousData") != "" {
				c.OldData = registryData(old, r.Get("PreviousData"))
			}
		}
		ev.Path, ev.Detail = registryPath(m.keyName(r), c.ValueName), c
		return true
	}
}

// registryTypes are those of winnt.h.
var registryTypes = [...]string{
	"REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN", "REG_LINK", "REG_MULTI_SZ",
	"REG_RESOURCE_LIST", "REG_FULL_RESOURCE_DESCRIPTOR", "REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD",
}

func registryTypeName(t uint64) string {
	if t < uint64(len(registryTypes)) {
		return registryTypes[t]
	}
	return ""
}

// registryData shows captured bytes, hexadecimal digits, as Sysmon shows a value of the type; bytes that are no text or number stay
// as they are.
func registryData(t uint64, digits string) string {
	digits = strings.TrimPrefix(digits, "0x")
	if len(digits) > maxFieldText {
		digits = digits[:maxFieldText]
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return clip(digits)
	}
	switch {
	case t == 4 && len(b) >= 4:
		return fmt.Sprintf("DWORD (0x%08x)", binary.LittleEndian.Uint32(b))
	case t == 11 && len(b) >= 8:
		return fmt.Sprintf("QWORD (0x%08x-0x%08x)", binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b))
	case t == 1 || t == 2 || t == 6 || t == 7:
		return utf16Text(b)
	}
	return strings.Clone(digits)
}

// utf16Text reads UTF-16 text up to its end; the zeros between several strings read as ";".
func utf16Text(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return strings.ReplaceAll(strings.TrimRight(string(utf16.Decode(units)), "\x00"), "\x00", ";")
}
