package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/evtxtest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// EVTXWriter writes records as an .evtx file: each kind of record by a template of its own, with the values whose form
// tells it as numbers, identifiers and times. It is for measures and tests; what it leaves out is Binary, Message and the
// names of a nested UserData.
type EVTXWriter struct {
	w         io.WriteSeeker
	chunk     *evtxtest.ChunkWriter
	templates map[string]*evtxtest.Tmpl
	chunks    int
	next      uint64
}

// NewEVTXWriter begins a file at w's start.
func NewEVTXWriter(w io.WriteSeeker) (*EVTXWriter, error) {
	if _, err := w.Write(evtxtest.EvtxHeader(0, 1)); err != nil {
		return nil, fmt.Errorf("writing an event log's header: %w", err)
	}
	return &EVTXWriter{w: w, chunk: evtxtest.NewChunk(), templates: make(map[string]*evtxtest.Tmpl), next: 1}, nil
}

// Write appends a record.
func (e *EVTXWriter) Write(r *form.Record) error {
	in := e.instance(r)
	write := func(c *evtxtest.ChunkWriter) { c.Instance(in) }
	ticks := uint64(r.TimeNS/100 + typed.TicksToUnix)
	before := *e.chunk
	e.chunk.Record(r.RecordID, ticks, write)
	if len(e.chunk.B) > layout.ChunkSize && before.First != 0 {
		e.chunk.B, e.chunk.Last, e.chunk.LastAt = e.chunk.B[:len(before.B)], before.Last, before.LastAt
		if err := e.flush(); err != nil {
			return err
		}
		e.chunk.Record(r.RecordID, ticks, write)
	}
	if len(e.chunk.B) > layout.ChunkSize {
		return fmt.Errorf("writing record %d: it is too large for an event log's chunk", r.RecordID)
	}
	e.next = r.RecordID + 1
	return nil
}

func (e *EVTXWriter) flush() error {
	if e.chunks == 0xffff {
		return errors.New("writing an event log: it is full, at 65,535 chunks")
	}
	if _, err := e.w.Write(e.chunk.Seal()); err != nil {
		return fmt.Errorf("writing an event log: %w", err)
	}
	e.chunks++
	e.chunk = evtxtest.NewChunk()
	return nil
}

// Close writes what is left and completes the header. It does not close what it writes to.
func (e *EVTXWriter) Close() error {
	if e.chunk.First != 0 {
		if err := e.flush(); err != nil {
			return err
		}
	}
	if _, err := e.w.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("writing an event log's header: %w", err)
	}
	if _, err := e.w.Write(evtxtest.EvtxHeader(e.chunks, e.next)); err != nil {
		return fmt.Errorf("writing an event log's header: %w", err)
	}
	return nil
}

// instance gives a record as its template and values: System's fourteen, the last of them the data, nested.
func (e *EVTXWriter) instance(r *form.Record) evtxtest.Instance {
	data := evtxtest.Instance{Of: e.dataOf(r), Values: make([]evtxtest.Val, len(r.Fields))}
	for i := range r.Fields {
		data.Values[i] = valueOf(r.Fields[i].Value)
	}
	return evtxtest.Instance{Of: e.systemOf(r), Values: []evtxtest.Val{
		evtxtest.Num(
			typed.TypeUint16,
			uint64(r.EventID),
		),
		evtxtest.Num(typed.TypeUint8, uint64(r.Version)),
		evtxtest.Num(typed.TypeUint8, uint64(r.Level)),
		evtxtest.Num(
			typed.TypeUint16,
			uint64(r.Task),
		),
		evtxtest.Num(typed.TypeUint8, uint64(r.Opcode)),
		evtxtest.Num(typed.TypeHexInt64, r.Keywords),
		evtxtest.Num(
			typed.TypeFileTime,
			uint64(r.TimeNS/100+typed.TicksToUnix),
		),
		evtxtest.Num(typed.TypeUint64, r.RecordID),
		valueOf(r.ActivityID),
		evtxtest.Num(
			typed.TypeUint32,
			uint64(r.PID),
		),
		evtxtest.Num(typed.TypeUint32, uint64(r.TID)),
		evtxtest.Str(r.Computer),
		valueOf(r.UserSID),
		evtxtest.Nested(data),
	}}
}

// template gives the one of a name, made the first time.
func (e *EVTXWriter) template(name string, root func() evtxtest.El) *evtxtest.Tmpl {
	t := e.templates[name]
	if t == nil {
		t = &evtxtest.Tmpl{Root: root()}
		e.templates[name] = t
	}
	return t
}

func (e *EVTXWriter) systemOf(r *form.Record) *evtxtest.Tmpl {
	return e.template("system\x00"+r.Provider+"\x00"+r.ProviderGUID+"\x00"+r.Channel, func() evtxtest.El {
		n := 0
		next := func(typ int) []any { n++; return []any{evtxtest.Opt{N: n - 1, Typ: typ}} }
		leaf := func(name string, typ int) evtxtest.El {
			body := next(typ)
			return evtxtest.El{Name: name, Needs: n, Body: body}
		}
		provider := []evtxtest.Attr{{Name: "Name", Body: []any{r.Provider}}}
		if r.ProviderGUID != "" {
			provider = append(provider, evtxtest.Attr{Name: "Guid", Body: []any{r.ProviderGUID}})
		}
		return evtxtest.El{
			Name:  "Event",
			Attrs: []evtxtest.Attr{{Name: "xmlns", Body: []any{"http://schemas.microsoft.com/win/2004/08/events/event"}}},
			Body: []any{
				evtxtest.El{Name: "System", Body: []any{
					evtxtest.El{Name: "Provider", Attrs: provider},
					leaf(
						"EventID",
						typed.TypeUint16,
					),
					leaf("Version", typed.TypeUint8),
					leaf("Level", typed.TypeUint8),
					leaf("Task", typed.TypeUint16),
					leaf("Opcode", typed.TypeUint8),
					leaf("Keywords", typed.TypeHexInt64),
					evtxtest.El{Name: "TimeCreated", Attrs: []evtxtest.Attr{{Name: "SystemTime", Body: next(typed.TypeFileTime)}}},
					leaf("EventRecordID", typed.TypeUint64),
					evtxtest.El{Name: "Correlation", Attrs: []evtxtest.Attr{{Name: "ActivityID", Body: next(typed.TypeGUID)}}},
					evtxtest.El{
						Name:  "Execution",
						Attrs: []evtxtest.Attr{{Name: "ProcessID", Body: next(typed.TypeUint32)}, {Name: "ThreadID", Body: next(typed.TypeUint32)}},
					},
					evtxtest.El{Name: "Channel", Body: []any{r.Channel}},
					leaf("Computer", typed.TypeString),
					evtxtest.El{Name: "Security", Attrs: []evtxtest.Attr{{Name: "UserID", Body: next(typed.TypeSID)}}},
				}},
				evtxtest.Opt{N: n, Typ: typed.TypeBinXML},
			},
		}
	})
}

func (e *EVTXWriter) dataOf(r *form.Record) *evtxtest.Tmpl {
	var name strings.Builder
	name.WriteString("data\x00" + strconv.FormatUint(uint64(r.EventID), 10))
	for i := range r.Fields {
		name.WriteString("\x00" + r.Fields[i].Name)
	}
	return e.template(name.String(), func() evtxtest.El {
		root := evtxtest.El{Name: "EventData"}
		for i := range r.Fields {
			field := evtxtest.El{Name: "Data", Body: []any{evtxtest.Opt{N: i, Typ: typed.TypeString}}}
			if r.Fields[i].Name != "" {
				field.Attrs = []evtxtest.Attr{{Name: "Name", Body: []any{r.Fields[i].Name}}}
			}
			root.Body = append(root.Body, field)
		}
		return root
	})
}

// valueOf gives a text as the value that Windows would have stored, if a reader renders that as the same text.
func valueOf(s string) evtxtest.Val {
	if s == "" {
		return evtxtest.Null()
	}
	for _, v := range []evtxtest.Val{decimal(s), hexadecimal(s), guid(s), identifier(s)} {
		if v.Typ != typed.TypeNull && string(typed.Append(nil, v.Typ, v.Raw)) == s {
			return v
		}
	}
	return evtxtest.Str(s)
}

func decimal(s string) evtxtest.Val {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return evtxtest.Null()
	}
	return evtxtest.Num(typed.TypeUint32, n)
}

func hexadecimal(s string) evtxtest.Val {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 64)
	if err != nil || !strings.HasPrefix(s, "0x") {
		return evtxtest.Null()
	}
	return evtxtest.Num(typed.TypeHexInt64, n)
}

func guid(s string) evtxtest.Val {
	if len(s) != 38 {
		return evtxtest.Null()
	}
	b := make([]byte, 0, 16)
	digits := strings.NewReplacer("{", "", "-", "", "}", "").Replace(s)
	for i := 0; i+2 <= len(digits); i += 2 {
		n, err := strconv.ParseUint(digits[i:i+2], 16, 8)
		if err != nil {
			return evtxtest.Null()
		}
		b = append(b, byte(n))
	}
	if len(b) != 16 {
		return evtxtest.Null()
	}
	b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7] = b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]
	return evtxtest.Raw(typed.TypeGUID, b...)
}

func identifier(s string) evtxtest.Val {
	parts := strings.Split(s, "-")
	if len(parts) < 4 || parts[0] != "S" || parts[1] != "1" {
		return evtxtest.Null()
	}
	numbers := make([]uint32, 0, len(parts))
	for _, p := range parts[2:] {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return evtxtest.Null()
		}
		numbers = append(numbers, uint32(n))
	}
	return evtxtest.Raw(typed.TypeSID, evtxtest.Sid(uint64(numbers[0]), numbers[1:]...)...)
}
