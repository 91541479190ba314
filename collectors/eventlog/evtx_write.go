package eventlog

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// EVTXWriter writes records as an .evtx file: each kind of record by a template of its own, with the values whose form
// tells it as numbers, identifiers and times. It is for measures and tests; what it leaves out is Binary, Message and the
// names of a nested UserData.
type EVTXWriter struct {
	w         io.WriteSeeker
	chunk     *chunkWriter
	templates map[string]*tmpl
	chunks    int
	next      uint64
}

// NewEVTXWriter begins a file at w's start.
func NewEVTXWriter(w io.WriteSeeker) (*EVTXWriter, error) {
	if _, err := w.Write(evtxHeader(0, 1)); err != nil {
		return nil, fmt.Errorf("writing an event log's header: %w", err)
	}
	return &EVTXWriter{w: w, chunk: newChunk(), templates: make(map[string]*tmpl), next: 1}, nil
}

// Write appends a record.
func (e *EVTXWriter) Write(r *Record) error {
	in := e.instance(r)
	write := func(c *chunkWriter) { c.instance(in) }
	ticks := uint64(r.TimeNS/100 + ticksToUnix)
	before := *e.chunk
	e.chunk.record(r.RecordID, ticks, write)
	if len(e.chunk.b) > chunkSize && before.first != 0 {
		e.chunk.b, e.chunk.last, e.chunk.lastAt = e.chunk.b[:len(before.b)], before.last, before.lastAt
		if err := e.flush(); err != nil {
			return err
		}
		e.chunk.record(r.RecordID, ticks, write)
	}
	if len(e.chunk.b) > chunkSize {
		return fmt.Errorf("writing record %d: it is too large for an event log's chunk", r.RecordID)
	}
	e.next = r.RecordID + 1
	return nil
}

func (e *EVTXWriter) flush() error {
	if e.chunks == 0xffff {
		return errors.New("writing an event log: it is full, at 65,535 chunks")
	}
	if _, err := e.w.Write(e.chunk.seal()); err != nil {
		return fmt.Errorf("writing an event log: %w", err)
	}
	e.chunks++
	e.chunk = newChunk()
	return nil
}

// Close writes what is left and completes the header. It does not close what it writes to.
func (e *EVTXWriter) Close() error {
	if e.chunk.first != 0 {
		if err := e.flush(); err != nil {
			return err
		}
	}
	if _, err := e.w.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("writing an event log's header: %w", err)
	}
	if _, err := e.w.Write(evtxHeader(e.chunks, e.next)); err != nil {
		return fmt.Errorf("writing an event log's header: %w", err)
	}
	return nil
}

// instance gives a record as its template and values: System's fourteen, the last of them the data, nested.
func (e *EVTXWriter) instance(r *Record) instance {
	data := instance{of: e.dataOf(r), values: make([]val, len(r.Fields))}
	for i := range r.Fields {
		data.values[i] = valueOf(r.Fields[i].Value)
	}
	return instance{e.systemOf(r), []val{
		num(typeUint16, uint64(r.EventID)), num(typeUint8, uint64(r.Version)), num(typeUint8, uint64(r.Level)),
		num(typeUint16, uint64(r.Task)), num(typeUint8, uint64(r.Opcode)), num(typeHexInt64, r.Keywords),
		num(typeFileTime, uint64(r.TimeNS/100+ticksToUnix)), num(typeUint64, r.RecordID), valueOf(r.ActivityID),
		num(typeUint32, uint64(r.PID)), num(typeUint32, uint64(r.TID)), str(r.Computer), valueOf(r.UserSID), nested(data),
	}}
}

// template gives the one of a name, made the first time.
func (e *EVTXWriter) template(name string, root func() el) *tmpl {
	t := e.templates[name]
	if t == nil {
		t = &tmpl{root()}
		e.templates[name] = t
	}
	return t
}

func (e *EVTXWriter) systemOf(r *Record) *tmpl {
	return e.template("system\x00"+r.Provider+"\x00"+r.ProviderGUID+"\x00"+r.Channel, func() el {
		n := 0
		next := func(typ int) []any { n++; return []any{opt{n - 1, typ}} }
		leaf := func(name string, typ int) el {
			body := next(typ)
			return el{name: name, needs: n, body: body}
		}
		provider := []attr{{"Name", []any{r.Provider}}}
		if r.ProviderGUID != "" {
			provider = append(provider, attr{"Guid", []any{r.ProviderGUID}})
		}
		return el{name: "Event", attrs: []attr{{"xmlns", []any{"http://schemas.microsoft.com/win/2004/08/events/event"}}}, body: []any{
			el{name: "System", body: []any{
				el{name: "Provider", attrs: provider},
				leaf("EventID", typeUint16), leaf("Version", typeUint8), leaf("Level", typeUint8), leaf("Task", typeUint16), leaf("Opcode", typeUint8),
				leaf("Keywords", typeHexInt64),
				el{name: "TimeCreated", attrs: []attr{{"SystemTime", next(typeFileTime)}}},
				leaf("EventRecordID", typeUint64),
				el{name: "Correlation", attrs: []attr{{"ActivityID", next(typeGUID)}}},
				el{name: "Execution", attrs: []attr{{"ProcessID", next(typeUint32)}, {"ThreadID", next(typeUint32)}}},
				el{name: "Channel", body: []any{r.Channel}},
				leaf("Computer", typeString),
				el{name: "Security", attrs: []attr{{"UserID", next(typeSID)}}},
			}},
			opt{n, typeBinXML},
		}}
	})
}

func (e *EVTXWriter) dataOf(r *Record) *tmpl {
	var name strings.Builder
	name.WriteString("data\x00" + strconv.FormatUint(uint64(r.EventID), 10))
	for i := range r.Fields {
		name.WriteString("\x00" + r.Fields[i].Name)
	}
	return e.template(name.String(), func() el {
		root := el{name: "EventData"}
		for i := range r.Fields {
			field := el{name: "Data", body: []any{opt{i, typeString}}}
			if r.Fields[i].Name != "" {
				field.attrs = []attr{{"Name", []any{r.Fields[i].Name}}}
			}
			root.body = append(root.body, field)
		}
		return root
	})
}

// valueOf gives a text as the value that Windows would have stored, if a reader renders that as the same text.
func valueOf(s string) val {
	if s == "" {
		return null()
	}
	for _, v := range []val{decimal(s), hexadecimal(s), guid(s), identifier(s)} {
		if v.typ != typeNull && string(appendValue(nil, v.typ, v.raw)) == s {
			return v
		}
	}
	return str(s)
}

func decimal(s string) val {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return null()
	}
	return num(typeUint32, n)
}

func hexadecimal(s string) val {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 64)
	if err != nil || !strings.HasPrefix(s, "0x") {
		return null()
	}
	return num(typeHexInt64, n)
}

func guid(s string) val {
	if len(s) != 38 {
		return null()
	}
	b := make([]byte, 0, 16)
	digits := strings.NewReplacer("{", "", "-", "", "}", "").Replace(s)
	for i := 0; i+2 <= len(digits); i += 2 {
		n, err := strconv.ParseUint(digits[i:i+2], 16, 8)
		if err != nil {
			return null()
		}
		b = append(b, byte(n))
	}
	if len(b) != 16 {
		return null()
	}
	b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7] = b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]
	return raw(typeGUID, b...)
}

func identifier(s string) val {
	parts := strings.Split(s, "-")
	if len(parts) < 4 || parts[0] != "S" || parts[1] != "1" {
		return null()
	}
	numbers := make([]uint32, 0, len(parts))
	for _, p := range parts[2:] {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return null()
		}
		numbers = append(numbers, uint32(n))
	}
	return raw(typeSID, sid(uint64(numbers[0]), numbers[1:]...)...)
}
