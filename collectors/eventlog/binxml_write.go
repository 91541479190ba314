package eventlog

import (
	"encoding/binary"
	"hash/crc32"
	"unicode/utf16"
)

// This file writes the binary XML and the chunks of .evtx files ([MS-EVEN6] 2.2.12 and the layout that evtx.go reads), for tests and measures: so
// every log in them is our own. It lays names and templates out as Windows does: in place where they are first used, by
// offset afterwards.

// el is an element of a template: attributes and content are texts, substitutions, entities or elements.
type el struct {
	name  string
	needs int // a substitution that it depends on, plus one
	attrs []attr
	body  []any
}

type attr struct {
	name string
	body []any
}

type (
	sub    struct{ n, typ int } // a substitution
	opt    struct{ n, typ int } // an optional one
	cdata  string
	ent    string
	chr    rune
	inline struct{ in instance } // a template within a template
	pi     struct{ target, data string }
)

// tmpl is a template; records use it by identity.
type tmpl struct{ root el }

// instance is a template with its values. A nil template writes the root element outright.
type instance struct {
	of     *tmpl
	values []val
}

type val struct {
	typ uint8
	raw []byte
	in  *instance // of typeBinXML
}

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func le(n uint64, size int) []byte {
	return binary.LittleEndian.AppendUint64(nil, n)[:size]
}

func str(s string) val            { return val{typ: typeString, raw: wide(s)} }
func num(typ uint8, n uint64) val { return val{typ: typ, raw: le(n, max(elementSize(typ), 1))} }
func raw(typ uint8, b ...byte) val {
	return val{typ: typ, raw: b}
}
func null() val              { return val{typ: typeNull} }
func nested(in instance) val { return val{typ: typeBinXML, in: &in} }

func sid(authority uint64, subs ...uint32) []byte {
	b := []byte{1, byte(len(subs)), byte(authority >> 40), byte(authority >> 32), byte(authority >> 24), byte(authority >> 16), byte(authority >> 8), byte(authority)}
	for _, s := range subs {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return b
}

// chunkWriter builds one chunk.
type chunkWriter struct {
	b         []byte
	names     map[string]int
	templates map[*tmpl]int
	first     uint64
	last      uint64
	lastAt    int
}

func newChunk() *chunkWriter {
	return &chunkWriter{b: make([]byte, chunkHeader), names: map[string]int{}, templates: map[*tmpl]int{}}
}

func (c *chunkWriter) u16(n int) { c.b = binary.LittleEndian.AppendUint16(c.b, uint16(n)) }
func (c *chunkWriter) u32(n int) { c.b = binary.LittleEndian.AppendUint32(c.b, uint32(n)) }
func (c *chunkWriter) u64(n uint64) {
	c.b = binary.LittleEndian.AppendUint64(c.b, n)
}

func (c *chunkWriter) name(s string) {
	if at, ok := c.names[s]; ok {
		c.u32(at)
		return
	}
	c.names[s] = len(c.b) + 4
	c.u32(len(c.b) + 4)
	c.u32(0)
	c.u16(0)
	w := wide(s)
	c.u16(len(w) / 2)
	c.b = append(append(c.b, w...), 0, 0)
}

func (c *chunkWriter) text(s string) {
	w := wide(s)
	c.u16(len(w) / 2)
	c.b = append(c.b, w...)
}

// element writes an element; within says that it stands in a template, where it has a dependency.
func (c *chunkWriter) element(e el, within bool) {
	token := byte(tokenOpen)
	if len(e.attrs) > 0 {
		token |= tokenMore
	}
	c.b = append(c.b, token)
	if within {
		c.u16(e.needs - 1)
	}
	at := len(c.b)
	c.u32(0)
	c.name(e.name)
	if len(e.attrs) > 0 {
		size := len(c.b)
		c.u32(0)
		for i, a := range e.attrs {
			token := byte(tokenAttribute)
			if i+1 < len(e.attrs) {
				token |= tokenMore
			}
			c.b = append(c.b, token)
			c.name(a.name)
			c.content(a.body, within)
		}
		binary.LittleEndian.PutUint32(c.b[size:], uint32(len(c.b)-size-4))
	}
	if e.body == nil {
		c.b = append(c.b, tokenCloseEmpty)
	} else {
		c.b = append(c.b, tokenCloseStart)
		c.content(e.body, within)
		c.b = append(c.b, tokenCloseElem)
	}
	binary.LittleEndian.PutUint32(c.b[at:], uint32(len(c.b)-at-4))
}

func (c *chunkWriter) content(body []any, within bool) {
	for _, x := range body {
		switch x := x.(type) {
		case string:
			c.b = append(c.b, tokenValue, typeString)
			c.text(x)
		case cdata:
			c.b = append(c.b, tokenCDATA)
			c.text(string(x))
		case ent:
			c.b = append(c.b, tokenEntityRef)
			c.name(string(x))
		case chr:
			c.b = append(c.b, tokenCharRef)
			c.u16(int(x))
		case pi:
			c.b = append(c.b, tokenPITarget)
			c.name(x.target)
			c.b = append(c.b, tokenPIData)
			c.text(x.data)
		case sub:
			c.b = append(c.b, tokenSub)
			c.u16(x.n)
			c.b = append(c.b, byte(x.typ))
		case opt:
			c.b = append(c.b, tokenOptionalSub)
			c.u16(x.n)
			c.b = append(c.b, byte(x.typ))
		case inline:
			c.instance(x.in)
		case el:
			c.element(x, within)
		}
	}
}

func (c *chunkWriter) instance(in instance) {
	c.b = append(c.b, tokenTemplate, 1)
	c.u32(0x1234)
	if at, ok := c.templates[in.of]; ok {
		c.u32(at)
	} else {
		at := len(c.b) + 4
		c.templates[in.of] = at
		c.u32(at)
		c.u32(0)
		c.b = append(c.b, make([]byte, 16)...)
		size := len(c.b)
		c.u32(0)
		c.b = append(c.b, tokenHeader, 1, 1, 0)
		c.element(in.of.root, true)
		c.b = append(c.b, tokenEnd)
		binary.LittleEndian.PutUint32(c.b[size:], uint32(len(c.b)-size-4))
	}
	c.u32(len(in.values))
	table := len(c.b)
	c.b = append(c.b, make([]byte, 4*len(in.values))...)
	for i, v := range in.values {
		from := len(c.b)
		if v.in != nil {
			c.b = append(c.b, tokenHeader, 1, 1, 0)
			if v.in.of != nil {
				c.instance(*v.in)
			}
			c.b = append(c.b, tokenEnd)
		}
		c.b = append(c.b, v.raw...)
		binary.LittleEndian.PutUint16(c.b[table+4*i:], uint16(len(c.b)-from))
		c.b[table+4*i+2] = v.typ
	}
}

// record appends a record written at a FILETIME.
func (c *chunkWriter) record(id, ticks uint64, write func(c *chunkWriter)) {
	at := len(c.b)
	c.b = append(c.b, recordMagic...)
	c.u32(0)
	c.u64(id)
	c.u64(ticks)
	c.b = append(c.b, tokenHeader, 1, 1, 0)
	write(c)
	c.b = append(c.b, tokenEnd)
	for (len(c.b)+4)%8 != 0 {
		c.b = append(c.b, 0)
	}
	c.u32(len(c.b) - at + 4)
	binary.LittleEndian.PutUint32(c.b[at+4:], uint32(len(c.b)-at))
	if c.first == 0 {
		c.first = id
	}
	c.last, c.lastAt = id, at
}

// seal fills in the header and pads the chunk.
func (c *chunkWriter) seal() []byte {
	free := len(c.b)
	b := make([]byte, chunkSize)
	copy(b, c.b)
	copy(b, chunkMagic)
	le := binary.LittleEndian
	for i, n := range []uint64{c.first, c.last, c.first, c.last} {
		le.PutUint64(b[8+8*i:], n)
	}
	le.PutUint32(b[40:], 128)
	le.PutUint32(b[44:], uint32(c.lastAt))
	le.PutUint32(b[48:], uint32(free))
	le.PutUint32(b[52:], crc32.ChecksumIEEE(b[chunkHeader:free]))
	sum := crc32.ChecksumIEEE(b[:120])
	le.PutUint32(b[124:], crc32.Update(sum, crc32.IEEETable, b[128:chunkHeader]))
	return b
}

// evtxFile puts a header before sealed chunks.
func evtxFile(chunks ...[]byte) []byte {
	b := evtxHeader(len(chunks), 0)
	for _, c := range chunks {
		b = append(b, c...)
	}
	return b
}

// evtxHeader is the header of a file of so many chunks, whose next record gets the number given.
func evtxHeader(chunks int, next uint64) []byte {
	b := make([]byte, headerBlock)
	copy(b, fileMagic)
	le := binary.LittleEndian
	le.PutUint64(b[16:], uint64(max(chunks-1, 0)))
	le.PutUint64(b[24:], next)
	le.PutUint32(b[32:], 128)
	le.PutUint16(b[36:], 1)
	le.PutUint16(b[38:], 3)
	le.PutUint16(b[40:], headerBlock)
	le.PutUint16(b[42:], uint16(chunks))
	le.PutUint32(b[124:], crc32.ChecksumIEEE(b[:120]))
	return b
}
