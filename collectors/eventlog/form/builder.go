package form

import (
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/manifest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/xmlscan"
)

// Bounds on what one record may become, so that a hostile input of a few bytes cannot fill the memory. An .evtx record is at
// most 64 KiB long, and XML or JSON of it a few times that.
const (
	maxText   = 1 << 20 // bytes of all values together
	maxFields = 1 << 13
	maxDepth  = xmlscan.MaxDepth // of elements or nested binary XML
)

var errTooLarge = errors.New("the record grows too large")

// interner gives one string for equal names, so that a name that stands in every record is allocated once.
type interner struct {
	known map[string]string
}

// maxInterned bounds an interner: names and hosts are few, and what is not is better collected.
const (
	maxInterned     = 1 << 14
	maxInternedSize = 256
)

func (in *interner) of(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := in.known[string(b)]; ok {
		return s
	}
	s := clean(b)
	if len(b) > maxInternedSize {
		return s
	}
	if in.known == nil || len(in.known) >= maxInterned {
		in.known = make(map[string]string, 256)
	}
	in.known[string(b)] = s
	return s
}

// clean makes a string of any bytes: valid UTF-8 and no NUL.
func clean(b []byte) string {
	ok := utf8.Valid(b)
	for i := 0; ok && i < len(b); i++ {
		ok = b[i] != 0
	}
	if ok {
		return string(b)
	}
	return string(typed.AppendClean(nil, b))
}

// builder gathers a record: the values' text in one buffer that becomes one string at the end.
type builder struct {
	rec     Record
	buf     []byte
	spans   []span
	names   interner
	guids   map[string]string
	binary  span   // the value of Record.Binary
	message []byte // of Record.Message, apart: it is long, and few keep it
	over    bool   // the record grew past its bounds and was cut
	sawID   bool   // the event's id was read
	badID   string // what stands for the id and is no number
	placed  bool   // the values came by place, without names
	local   bool   // the time is that of the host's clock
}

type span struct{ from, to int32 }

func (b *builder) reset() {
	fields := b.rec.Fields
	b.rec = Record{Fields: fields[:0]}
	b.buf, b.spans = b.buf[:0], b.spans[:0]
	b.binary, b.message = span{}, b.message[:0]
	b.over, b.sawID, b.badID, b.placed, b.local = false, false, "", false, false
}

// guid gives a provider's GUID in the one form that it has here.
func (b *builder) guid(s string) string {
	if normal, ok := b.guids[s]; ok {
		return normal
	}
	if b.guids == nil || len(b.guids) >= maxInterned {
		b.guids = make(map[string]string)
	}
	normal := NormalGUID(s)
	if len(s) <= maxInternedSize {
		b.guids[s] = normal
	}
	return normal
}

// field closes a field whose value is what was appended to buf since from.
func (b *builder) field(name string, from int) {
	if b.over = b.over || len(b.buf) > maxText || len(b.spans) >= maxFields; b.over {
		b.buf = b.buf[:from]
		return
	}
	b.rec.Fields = append(b.rec.Fields, Field{Name: name})
	b.spans = append(b.spans, span{int32(from), int32(len(b.buf))})
}

// value gives the value of a field that was read.
func (b *builder) value(name string) (string, bool) {
	for i := range b.rec.Fields {
		if b.rec.Fields[i].Name == name {
			return string(b.buf[b.spans[i].from:b.spans[i].to]), true
		}
	}
	return "", false
}

// lacks says what an event must have and this has not; "" for nothing.
func (b *builder) lacks() string {
	r := &b.rec
	switch {
	case b.badID != "":
		return "its id is no number: " + strconv.QuoteToGraphic(b.badID[:min(len(b.badID), 40)])
	case !b.sawID:
		return "it has no id"
	case r.Provider == "" && r.Channel == "":
		return "it names neither provider nor channel"
	case r.TimeNS == 0:
		return "it has no time that is understood"
	}
	return ""
}

// isEvent tells whether what was read can only be an event, whatever it lacks.
func (b *builder) isEvent() bool {
	return (b.sawID || b.badID != "") && (b.rec.Provider != "" || b.rec.Channel != "")
}

// refusal says of an event why it is not taken.
func (b *builder) refusal() string {
	r := &b.rec
	from := r.Provider
	if from == "" {
		from = r.Channel
	}
	what := "an event"
	if from != "" {
		what += " of " + strconv.QuoteToGraphic(from[:min(len(from), 80)])
	}
	if b.sawID {
		what += " with id " + Itoa(int64(r.EventID))
	}
	return what + " is left out: " + b.lacks()
}

// provided fills in who logged the event where the form says only in which log, if that log is of one provider.
func (b *builder) provided() {
	if r := &b.rec; r.Provider == "" && r.ProviderGUID == "" {
		r.Provider = manifest.Provider(r.Channel, r.EventID)
	}
}

// finish fills in the values.
func (b *builder) finish() *Record {
	b.provided()
	text := string(b.buf)
	for i, s := range b.spans {
		b.rec.Fields[i].Value = text[s.from:s.to]
	}
	b.rec.Binary = text[b.binary.from:b.binary.to]
	b.rec.Message = string(b.message)
	if b.over {
		b.rec.Damaged = true
	}
	return &b.rec
}

// Itoa gives n in decimal.
func Itoa(n int64) string { return strconv.FormatInt(n, 10) }

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
