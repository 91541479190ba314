package form

import (
	"math"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/evtxtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// Records of many forms for the tests, in the binary XML that binxml_write.go lays out.

// system is a template as Windows writes it: System from substitutions, the event's data nested in the last.
var system = &evtxtest.Tmpl{
	Root: evtxtest.El{
		Name:  "Event",
		Attrs: []evtxtest.Attr{{Name: "xmlns", Body: []any{"http://schemas.microsoft.com/win/2004/08/events/event"}}},
		Body: []any{
			evtxtest.El{Name: "System", Body: []any{
				evtxtest.El{
					Name: "Provider",
					Attrs: []evtxtest.Attr{
						{Name: "Name", Body: []any{"Apiwatch-Test"}},
						{Name: "Guid", Body: []any{"{5770385F-C22A-43E0-BF4C-06F5698FFBD9}"}},
					},
				},
				evtxtest.El{Name: "EventID", Needs: 4, Body: []any{evtxtest.Opt{N: 3, Typ: typed.TypeUint16}}},
				evtxtest.El{Name: "Version", Needs: 12, Body: []any{evtxtest.Opt{N: 11, Typ: typed.TypeUint8}}},
				evtxtest.El{Name: "Level", Needs: 1, Body: []any{evtxtest.Opt{N: 0, Typ: typed.TypeUint8}}},
				evtxtest.El{Name: "Task", Needs: 3, Body: []any{evtxtest.Opt{N: 2, Typ: typed.TypeUint16}}},
				evtxtest.El{Name: "Opcode", Needs: 2, Body: []any{evtxtest.Opt{N: 1, Typ: typed.TypeUint8}}},
				evtxtest.El{Name: "Keywords", Needs: 6, Body: []any{evtxtest.Opt{N: 5, Typ: typed.TypeHexInt64}}},
				evtxtest.El{
					Name:  "TimeCreated",
					Needs: 7,
					Attrs: []evtxtest.Attr{{Name: "SystemTime", Body: []any{evtxtest.Opt{N: 6, Typ: typed.TypeFileTime}}}},
				},
				evtxtest.El{Name: "EventRecordID", Needs: 11, Body: []any{evtxtest.Opt{N: 10, Typ: typed.TypeUint64}}},
				evtxtest.El{Name: "Correlation", Attrs: []evtxtest.Attr{{Name: "ActivityID", Body: []any{evtxtest.Opt{N: 7, Typ: typed.TypeGUID}}}}},
				evtxtest.El{
					Name: "Execution",
					Attrs: []evtxtest.Attr{
						{Name: "ProcessID", Body: []any{evtxtest.Opt{N: 8, Typ: typed.TypeUint32}}},
						{Name: "ThreadID", Body: []any{evtxtest.Opt{N: 9, Typ: typed.TypeUint32}}},
					},
				},
				evtxtest.El{Name: "Channel", Body: []any{evtxtest.Opt{N: 13, Typ: typed.TypeString}}},
				evtxtest.El{Name: "Computer", Body: []any{"host.example"}},
				evtxtest.El{
					Name:  "Security",
					Needs: 13,
					Attrs: []evtxtest.Attr{{Name: "UserID", Body: []any{evtxtest.Opt{N: 12, Typ: typed.TypeSID}}}},
				},
			}},
			evtxtest.Opt{N: 4, Typ: typed.TypeBinXML},
		},
	},
}

// day0 is 2020-01-01T00:00:00.1234567Z as a FILETIME.
const day0 = 132223104001234567

func systemOf(id, record uint64, data evtxtest.Val) evtxtest.Instance {
	return evtxtest.Instance{Of: system, Values: []evtxtest.Val{
		evtxtest.Num(
			typed.TypeUint8,
			4,
		),
		evtxtest.Num(typed.TypeUint8, 0),
		evtxtest.Num(typed.TypeUint16, 10),
		evtxtest.Num(typed.TypeUint16, id),
		data,
		evtxtest.Num(typed.TypeHexInt64, 1<<63),
		evtxtest.Num(typed.TypeFileTime, day0+record*1e7),
		evtxtest.Raw(typed.TypeGUID, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
		evtxtest.Num(
			typed.TypeUint32,
			4000,
		),
		evtxtest.Num(typed.TypeUint32, 4001),
		evtxtest.Num(typed.TypeUint64, record),
		evtxtest.Num(typed.TypeUint8, 3),
		evtxtest.Raw(typed.TypeSID, evtxtest.Sid(5, 18)...),
		evtxtest.Str("Apiwatch/Operational"),
	}}
}

// sysmonLike is a template of named values.
var sysmonLike = &evtxtest.Tmpl{Root: evtxtest.El{Name: "EventData", Body: []any{
	evtxtest.El{
		Name:  "Data",
		Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"UtcTime"}}},
		Body:  []any{evtxtest.Opt{N: 0, Typ: typed.TypeString}},
	},
	evtxtest.El{
		Name:  "Data",
		Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"SourceProcessId"}}},
		Body:  []any{evtxtest.Opt{N: 1, Typ: typed.TypeUint32}},
	},
	evtxtest.El{
		Name:  "Data",
		Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"SourceImage"}}},
		Body:  []any{evtxtest.Opt{N: 2, Typ: typed.TypeString}},
	},
	evtxtest.El{
		Name:  "Data",
		Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"TargetImage"}}},
		Body:  []any{evtxtest.Opt{N: 3, Typ: typed.TypeString}},
	},
	evtxtest.El{
		Name:  "Data",
		Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"GrantedAccess"}}},
		Body:  []any{evtxtest.Opt{N: 4, Typ: typed.TypeHexInt32}},
	},
	evtxtest.El{
		Name:  "Data",
		Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"CallTrace"}}},
		Body:  []any{evtxtest.Opt{N: 5, Typ: typed.TypeString}},
	},
	evtxtest.El{
		Name:  "Data",
		Attrs: []evtxtest.Attr{{Name: "Name", Body: []any{"SourceUser"}}},
		Body:  []any{evtxtest.Opt{N: 6, Typ: typed.TypeString}},
	},
}}}

func accessEvent(record uint64) func(*evtxtest.ChunkWriter) {
	return func(c *evtxtest.ChunkWriter) {
		c.Instance(systemOf(10, record, evtxtest.Nested(evtxtest.Instance{Of: sysmonLike, Values: []evtxtest.Val{
			evtxtest.Str("2020-01-01 00:00:00.123"), evtxtest.Num(typed.TypeUint32, 600+record), evtxtest.Str(`C:\Windows\System32\taskmgr.exe`),
			evtxtest.Str(`C:\Windows\System32\lsass.exe`), evtxtest.Num(typed.TypeHexInt32, 0x1fffff),
			evtxtest.Str(`C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e`), evtxtest.Str(`EXAMPLE\user`),
		}})))
	}
}

// accessChunk is a chunk of n like events, from a record id on.
func accessChunk(first uint64, n int) []byte {
	c := evtxtest.NewChunk()
	for i := range uint64(n) {
		c.Record(first+i, day0, accessEvent(first+i))
	}
	return c.Seal()
}

func real32(f float32) evtxtest.Val {
	return evtxtest.Val{Typ: typed.TypeReal32, Raw: evtxtest.Le(uint64(math.Float32bits(f)), 4)}
}

func real64(f float64) evtxtest.Val {
	return evtxtest.Val{Typ: typed.TypeReal64, Raw: evtxtest.Le(math.Float64bits(f), 8)}
}
