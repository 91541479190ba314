package eventlog

import "math"

// Records of many forms for the tests, in the binary XML that binxml_write.go lays out.

// system is a template as Windows writes it: System from substitutions, the event's data nested in the last.
var system = &tmpl{el{name: "Event", attrs: []attr{{"xmlns", []any{"http://schemas.microsoft.com/win/2004/08/events/event"}}}, body: []any{
	el{name: "System", body: []any{
		el{name: "Provider", attrs: []attr{{"Name", []any{"Apiwatch-Test"}}, {"Guid", []any{"{5770385F-C22A-43E0-BF4C-06F5698FFBD9}"}}}},
		el{name: "EventID", needs: 4, body: []any{opt{3, typeUint16}}},
		el{name: "Version", needs: 12, body: []any{opt{11, typeUint8}}},
		el{name: "Level", needs: 1, body: []any{opt{0, typeUint8}}},
		el{name: "Task", needs: 3, body: []any{opt{2, typeUint16}}},
		el{name: "Opcode", needs: 2, body: []any{opt{1, typeUint8}}},
		el{name: "Keywords", needs: 6, body: []any{opt{5, typeHexInt64}}},
		el{name: "TimeCreated", needs: 7, attrs: []attr{{"SystemTime", []any{opt{6, typeFileTime}}}}},
		el{name: "EventRecordID", needs: 11, body: []any{opt{10, typeUint64}}},
		el{name: "Correlation", attrs: []attr{{"ActivityID", []any{opt{7, typeGUID}}}}},
		el{name: "Execution", attrs: []attr{{"ProcessID", []any{opt{8, typeUint32}}}, {"ThreadID", []any{opt{9, typeUint32}}}}},
		el{name: "Channel", body: []any{opt{13, typeString}}},
		el{name: "Computer", body: []any{"host.example"}},
		el{name: "Security", needs: 13, attrs: []attr{{"UserID", []any{opt{12, typeSID}}}}},
	}},
	opt{4, typeBinXML},
}}}

// day0 is 2020-01-01T00:00:00.1234567Z as a FILETIME.
const day0 = 132223104001234567

func systemOf(id, record uint64, data val) instance {
	return instance{system, []val{
		num(typeUint8, 4), num(typeUint8, 0), num(typeUint16, 10), num(typeUint16, id), data, num(typeHexInt64, 1<<63),
		num(typeFileTime, day0+record*1e7), raw(typeGUID, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
		num(typeUint32, 4000), num(typeUint32, 4001), num(typeUint64, record), num(typeUint8, 3), raw(typeSID, sid(5, 18)...),
		str("Apiwatch/Operational"),
	}}
}

// sysmonLike is a template of named values.
var sysmonLike = &tmpl{el{name: "EventData", body: []any{
	el{name: "Data", attrs: []attr{{"Name", []any{"UtcTime"}}}, body: []any{opt{0, typeString}}},
	el{name: "Data", attrs: []attr{{"Name", []any{"SourceProcessId"}}}, body: []any{opt{1, typeUint32}}},
	el{name: "Data", attrs: []attr{{"Name", []any{"SourceImage"}}}, body: []any{opt{2, typeString}}},
	el{name: "Data", attrs: []attr{{"Name", []any{"TargetImage"}}}, body: []any{opt{3, typeString}}},
	el{name: "Data", attrs: []attr{{"Name", []any{"GrantedAccess"}}}, body: []any{opt{4, typeHexInt32}}},
	el{name: "Data", attrs: []attr{{"Name", []any{"CallTrace"}}}, body: []any{opt{5, typeString}}},
	el{name: "Data", attrs: []attr{{"Name", []any{"SourceUser"}}}, body: []any{opt{6, typeString}}},
}}}

func accessEvent(record uint64) func(*chunkWriter) {
	return func(c *chunkWriter) {
		c.instance(systemOf(10, record, nested(instance{sysmonLike, []val{
			str("2020-01-01 00:00:00.123"), num(typeUint32, 600+record), str(`C:\Windows\System32\taskmgr.exe`),
			str(`C:\Windows\System32\lsass.exe`), num(typeHexInt32, 0x1fffff),
			str(`C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e`), str(`EXAMPLE\user`),
		}})))
	}
}

// accessChunk is a chunk of n like events, from a record id on.
func accessChunk(first uint64, n int) []byte {
	c := newChunk()
	for i := range uint64(n) {
		c.record(first+i, day0, accessEvent(first+i))
	}
	return c.seal()
}

func real32(f float32) val { return val{typ: typeReal32, raw: le(uint64(math.Float32bits(f)), 4)} }
func real64(f float64) val { return val{typ: typeReal64, raw: le(math.Float64bits(f), 8)} }
