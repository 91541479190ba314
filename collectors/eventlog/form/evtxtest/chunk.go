// Package evtxtest lays out chunks and files of binary XML, for tests and benches.
package evtxtest

import (
	"encoding/binary"
	"hash/crc32"
	"unicode/utf16"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// This file writes the binary XML and the chunks of .evtx files ([MS-EVEN6] 2.2.12 and the layout that evtx.go reads), for tests and
// measures: so every log in them is our own. It lays names and templates out as Windows does: in place where they are first used, by
// offset afterwards.

// El is an element of a template: attributes and content are texts, substitutions, entities or elements.
type El struct {
	Name  string
	Needs int // a substitution that it depends on, plus one
	Attrs []Attr
	Body  []any
}

// Attr is an attribute; its body is literal text, substitutions and references.
type Attr struct {
	Name string
	Body []any
}

type (
	// Sub is a substitution.
	Sub struct{ N, Typ int } // a substitution
	// Opt is an optional one.
	Opt struct{ N, Typ int } // an optional one
	// Cdata is a CDATA section.
	Cdata string
	// Ent is an entity reference.
	Ent string
	// Chr is a character reference.
	Chr rune
	// Inline is a template within a template.
	Inline struct{ In Instance } // a template within a template
	// Pi is a processing instruction.
	Pi struct{ Target, Data string }
)

// Tmpl is a template; records use it by identity.
type Tmpl struct{ Root El }

// Instance is a template with its values. A nil template writes the root element outright.
type Instance struct {
	Of     *Tmpl
	Values []Val
}

// Val is a value of a substitution.
type Val struct {
	Typ uint8
	Raw []byte
	in  *Instance // of typeBinXML
}

// Wide gives s in UTF-16.
func Wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// Le gives n in size bytes, the lowest first.
func Le(n uint64, size int) []byte {
	return binary.LittleEndian.AppendUint64(nil, n)[:size]
}

// Str is a string.
func Str(s string) Val { return Val{Typ: typed.TypeString, Raw: Wide(s)} }

// Num is a number of a type.
func Num(typ uint8, n uint64) Val { return Val{Typ: typ, Raw: Le(n, max(typed.ElementSize(typ), 1))} }

// Raw is a value as it lies there.
func Raw(typ uint8, b ...byte) Val {
	return Val{Typ: typ, Raw: b}
}

// Null is no value.
func Null() Val { return Val{Typ: typed.TypeNull} }

// Nested is binary XML as a value.
func Nested(in Instance) Val { return Val{Typ: typed.TypeBinXML, in: &in} }

// Sid gives a security identifier.
func Sid(authority uint64, subs ...uint32) []byte {
	b := []byte{
		1, byte(len(subs)), byte(authority >> 40), byte(authority >> 32), byte(authority >> 24), byte(authority >> 16),
		byte(authority >> 8), byte(authority),
	}
	for _, s := range subs {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return b
}

// ChunkWriter builds one chunk.
type ChunkWriter struct {
	B         []byte
	names     map[string]int
	Templates map[*Tmpl]int
	First     uint64
	Last      uint64
	LastAt    int
}

// NewChunk begins a chunk.
func NewChunk() *ChunkWriter {
	return &ChunkWriter{B: make([]byte, layout.ChunkHeader), names: map[string]int{}, Templates: map[*Tmpl]int{}}
}

func (c *ChunkWriter) u16(n int) { c.B = binary.LittleEndian.AppendUint16(c.B, uint16(n)) }
func (c *ChunkWriter) u32(n int) { c.B = binary.LittleEndian.AppendUint32(c.B, uint32(n)) }
func (c *ChunkWriter) u64(n uint64) {
	c.B = binary.LittleEndian.AppendUint64(c.B, n)
}

func (c *ChunkWriter) name(s string) {
	if at, ok := c.names[s]; ok {
		c.u32(at)
		return
	}
	c.names[s] = len(c.B) + 4
	c.u32(len(c.B) + 4)
	c.u32(0)
	c.u16(0)
	w := Wide(s)
	c.u16(len(w) / 2)
	c.B = append(append(c.B, w...), 0, 0)
}

func (c *ChunkWriter) text(s string) {
	w := Wide(s)
	c.u16(len(w) / 2)
	c.B = append(c.B, w...)
}

// Element writes an element; within says that it stands in a template, where it has a dependency.
func (c *ChunkWriter) Element(e El, within bool) {
	token := byte(layout.TokenOpen)
	if len(e.Attrs) > 0 {
		token |= layout.TokenMore
	}
	c.B = append(c.B, token)
	if within {
		c.u16(e.Needs - 1)
	}
	at := len(c.B)
	c.u32(0)
	c.name(e.Name)
	if len(e.Attrs) > 0 {
		size := len(c.B)
		c.u32(0)
		for i, a := range e.Attrs {
			token := byte(layout.TokenAttribute)
			if i+1 < len(e.Attrs) {
				token |= layout.TokenMore
			}
			c.B = append(c.B, token)
			c.name(a.Name)
			c.content(a.Body, within)
		}
		binary.LittleEndian.PutUint32(c.B[size:], uint32(len(c.B)-size-4))
	}
	if e.Body == nil {
		c.B = append(c.B, layout.TokenCloseEmpty)
	} else {
		c.B = append(c.B, layout.TokenCloseStart)
		c.content(e.Body, within)
		c.B = append(c.B, layout.TokenCloseElem)
	}
	binary.LittleEndian.PutUint32(c.B[at:], uint32(len(c.B)-at-4))
}

func (c *ChunkWriter) content(body []any, within bool) {
	for _, x := range body {
		switch x := x.(type) {
		case string:
			c.B = append(c.B, layout.TokenValue, typed.TypeString)
			c.text(x)
		case Cdata:
			c.B = append(c.B, layout.TokenCDATA)
			c.text(string(x))
		case Ent:
			c.B = append(c.B, layout.TokenEntityRef)
			c.name(string(x))
		case Chr:
			c.B = append(c.B, layout.TokenCharRef)
			c.u16(int(x))
		case Pi:
			c.B = append(c.B, layout.TokenPITarget)
			c.name(x.Target)
			c.B = append(c.B, layout.TokenPIData)
			c.text(x.Data)
		case Sub:
			c.B = append(c.B, layout.TokenSub)
			c.u16(x.N)
			c.B = append(c.B, byte(x.Typ))
		case Opt:
			c.B = append(c.B, layout.TokenOptionalSub)
			c.u16(x.N)
			c.B = append(c.B, byte(x.Typ))
		case Inline:
			c.Instance(x.In)
		case El:
			c.Element(x, within)
		}
	}
}

// Instance writes a template with its values.
func (c *ChunkWriter) Instance(in Instance) {
	c.B = append(c.B, layout.TokenTemplate, 1)
	c.u32(0x1234)
	if at, ok := c.Templates[in.Of]; ok {
		c.u32(at)
	} else {
		at := len(c.B) + 4
		c.Templates[in.Of] = at
		c.u32(at)
		c.u32(0)
		c.B = append(c.B, make([]byte, 16)...)
		size := len(c.B)
		c.u32(0)
		c.B = append(c.B, layout.TokenHeader, 1, 1, 0)
		c.Element(in.Of.Root, true)
		c.B = append(c.B, layout.TokenEnd)
		binary.LittleEndian.PutUint32(c.B[size:], uint32(len(c.B)-size-4))
	}
	c.u32(len(in.Values))
	table := len(c.B)
	c.B = append(c.B, make([]byte, 4*len(in.Values))...)
	for i, v := range in.Values {
		from := len(c.B)
		if v.in != nil {
			c.B = append(c.B, layout.TokenHeader, 1, 1, 0)
			if v.in.Of != nil {
				c.Instance(*v.in)
			}
			c.B = append(c.B, layout.TokenEnd)
		}
		c.B = append(c.B, v.Raw...)
		binary.LittleEndian.PutUint16(c.B[table+4*i:], uint16(len(c.B)-from))
		c.B[table+4*i+2] = v.Typ
	}
}

// Record appends a record written at a FILETIME.
func (c *ChunkWriter) Record(id, ticks uint64, write func(c *ChunkWriter)) {
	at := len(c.B)
	c.B = append(c.B, layout.RecordMagic...)
	c.u32(0)
	c.u64(id)
	c.u64(ticks)
	c.B = append(c.B, layout.TokenHeader, 1, 1, 0)
	write(c)
	c.B = append(c.B, layout.TokenEnd)
	for (len(c.B)+4)%8 != 0 {
		c.B = append(c.B, 0)
	}
	c.u32(len(c.B) - at + 4)
	binary.LittleEndian.PutUint32(c.B[at+4:], uint32(len(c.B)-at))
	if c.First == 0 {
		c.First = id
	}
	c.Last, c.LastAt = id, at
}

// Seal fills in the header and pads the chunk.
func (c *ChunkWriter) Seal() []byte {
	free := len(c.B)
	b := make([]byte, layout.ChunkSize)
	copy(b, c.B)
	copy(b, layout.ChunkMagic)
	le := binary.LittleEndian
	for i, n := range []uint64{c.First, c.Last, c.First, c.Last} {
		le.PutUint64(b[8+8*i:], n)
	}
	le.PutUint32(b[40:], 128)
	le.PutUint32(b[44:], uint32(c.LastAt))
	le.PutUint32(b[48:], uint32(free))
	le.PutUint32(b[52:], crc32.ChecksumIEEE(b[layout.ChunkHeader:free]))
	sum := crc32.ChecksumIEEE(b[:120])
	le.PutUint32(b[124:], crc32.Update(sum, crc32.IEEETable, b[128:layout.ChunkHeader]))
	return b
}

// EvtxFile puts a header before sealed chunks.
func EvtxFile(chunks ...[]byte) []byte {
	b := EvtxHeader(len(chunks), 0)
	for _, c := range chunks {
		b = append(b, c...)
	}
	return b
}

// EvtxHeader is the header of a file of so many chunks, whose next record gets the number given.
func EvtxHeader(chunks int, next uint64) []byte {
	b := make([]byte, layout.HeaderBlock)
	copy(b, layout.FileMagic)
	le := binary.LittleEndian
	le.PutUint64(b[16:], uint64(max(chunks-1, 0)))
	le.PutUint64(b[24:], next)
	le.PutUint32(b[32:], 128)
	le.PutUint16(b[36:], 1)
	le.PutUint16(b[38:], 3)
	le.PutUint16(b[40:], layout.HeaderBlock)
	le.PutUint16(b[42:], uint16(chunks))
	le.PutUint32(b[124:], crc32.ChecksumIEEE(b[:120]))
	return b
}
