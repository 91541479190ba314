package form

import (
	"encoding/binary"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// A template is compiled once into instructions, so that a record of it only formats its substitutions.
type instruction struct {
	to   target
	at   place  // toNested, toInline: where that stands
	name string // toField
	// Ranges of decoder.pieces: the value, and the name where that is substituted too.
	value, naming span
	// Range of decoder.needs: substitutions without which this is left out.
	needs span
	// inline is where a toInline begins.
	inline int
}

// part is a piece of a value: text, or a substitution if sub is not -1.
type part struct {
	text string
	sub  int32
}

type program struct {
	code span // range of decoder.code
	err  error
}

// compiler turns a stretch of binary XML into instructions, which it appends to the decoder's.
type compiler struct {
	d        *binXML
	p, end   int
	template bool
	err      error // a fault that does not stop the reading: the first of them
}

// element is what content gathers of the element it reads.
type element struct {
	value  span
	parent bool // has child elements
	nested bool // has a substitution of binary XML
}

func (c *compiler) u16() (int, bool) {
	if c.p+2 > c.end {
		return 0, false
	}
	v := int(binary.LittleEndian.Uint16(c.d.chunk[c.p:]))
	c.p += 2
	return v, true
}

func (c *compiler) u32() (int, bool) {
	if c.p+4 > c.end {
		return 0, false
	}
	v := int(binary.LittleEndian.Uint32(c.d.chunk[c.p:]))
	c.p += 4
	return v, true
}

// text reads counted UTF-16.
func (c *compiler) text() (string, error) {
	n, ok := c.u16()
	if !ok || c.p+2*n > c.end {
		return "", errCut
	}
	c.d.scratch = typed.AppendUTF16(c.d.scratch[:0], c.d.chunk[c.p:c.p+2*n])
	c.p += 2 * n
	return c.d.names.of(c.d.scratch), nil
}

// name reads a reference to a name, which may stand right here.
func (c *compiler) name() (string, error) {
	at, ok := c.u32()
	if !ok {
		return "", errCut
	}
	name, size := c.d.nameAt(at)
	if at == c.p {
		if size == 0 || c.p+size > c.end {
			return "", errCut
		}
		c.p += size
	} else if size == 0 && c.err == nil {
		c.err = errName
	}
	return name, nil
}

// content reads up to the end of the element that it is in; el is nil at the top of a template.
func (c *compiler) content(at place, depth int, el *element) error {
	d := c.d
	if depth > maxDepth {
		return errDepth
	}
	if el != nil {
		el.value = span{int32(len(d.pieces)), int32(len(d.pieces))}
	}
	add := func(p part) {
		if el == nil || el.parent {
			return
		}
		if int(el.value.to) != len(d.pieces) { // parts of attributes or children came between
			el.value = span{int32(len(d.pieces)), int32(len(d.pieces))}
		}
		d.pieces = append(d.pieces, p)
		el.value.to++
	}
	for c.p < c.end {
		token := d.chunk[c.p]
		switch token &^ layout.TokenMore {
		case layout.TokenEnd:
			c.p++
			if el != nil {
				return errCut
			}
			return c.err
		case layout.TokenCloseElem:
			c.p++
			if el == nil {
				return errToken
			}
			return nil
		case layout.TokenHeader:
			c.p += 4
		case layout.TokenOpen:
			if el != nil {
				el.parent = true
			}
			if err := c.element(at, depth+1); err != nil {
				return err
			}
		case layout.TokenTemplate:
			if el != nil {
				el.parent = true
			}
			start := c.p
			_, _, next, err := d.definition(c.p, c.end)
			if err != nil {
				return err
			}
			base := len(d.values)
			next, err = d.substitutions(next, c.end)
			d.values = d.values[:base]
			if err != nil {
				return err
			}
			c.p = next
			c.emit(instruction{to: toInline, at: at, inline: start, naming: span{int32(start), int32(next)}})
		case layout.TokenSub, layout.TokenOptionalSub:
			if c.p+4 > c.end {
				return errCut
			}
			sub := int32(binary.LittleEndian.Uint16(d.chunk[c.p+1:]))
			typ := d.chunk[c.p+3]
			c.p += 4
			if at == inEvent || at == atTop || typ == typed.TypeBinXML && at != inSystem {
				if el != nil {
					el.nested = true
				}
				d.pieces = append(d.pieces, part{sub: sub})
				n := int32(len(d.pieces))
				c.emit(instruction{to: toNested, at: at, value: span{n - 1, n}})
				continue
			}
			add(part{sub: sub})
		case layout.TokenPITarget, layout.TokenPIData:
			if err := c.instruction(); err != nil {
				return err
			}
		default:
			p, err := c.literal()
			if err != nil {
				return err
			}
			add(p)
		}
	}
	if el != nil {
		return errCut
	}
	return c.err
}

// literal reads a token that stands for text.
func (c *compiler) literal() (part, error) {
	d := c.d
	token := d.chunk[c.p] &^ layout.TokenMore
	c.p++
	p := part{sub: -1}
	var err error
	switch token {
	case layout.TokenValue:
		if c.p >= c.end || d.chunk[c.p] != typed.TypeString {
			return p, errToken
		}
		c.p++
		p.text, err = c.text()
	case layout.TokenCDATA:
		p.text, err = c.text()
	case layout.TokenCharRef:
		n, ok := c.u16()
		if !ok {
			return p, errCut
		}
		d.scratch = typed.AppendUTF16(d.scratch[:0], []byte{byte(n), byte(n >> 8)})
		p.text = d.names.of(d.scratch)
	case layout.TokenEntityRef:
		var name string
		name, err = c.name()
		switch name {
		case "amp":
			p.text = "&"
		case "lt":
			p.text = "<"
		case "gt":
			p.text = ">"
		case "quot":
			p.text = `"`
		case "apos":
			p.text = "'"
		default:
			p.text = "&" + name + ";"
		}
	default:
		err = errToken
	}
	return p, err
}

// instruction skips a processing instruction's target or data.
func (c *compiler) instruction() error {
	token := c.d.chunk[c.p] &^ layout.TokenMore
	c.p++
	var err error
	if token == layout.TokenPITarget {
		_, err = c.name()
	} else {
		_, err = c.text()
	}
	return err
}

func (c *compiler) emit(in instruction) {
	d := c.d
	if len(d.open) > 0 {
		from := int32(len(d.needs))
		d.needs = append(d.needs, d.open...)
		in.needs = span{from, int32(len(d.needs))}
	}
	d.code = append(d.code, in)
}

// dependency tells whether an element outside a template has the two bytes that say what it depends on. [MS-EVEN6] says no,
// some writers say yes; the name's place tells.
func (c *compiler) dependency() bool {
	if c.template {
		return true
	}
	plausible := func(p int) bool {
		if p+8 > c.end {
			return false
		}
		size := int(binary.LittleEndian.Uint32(c.d.chunk[p:]))
		name := int(binary.LittleEndian.Uint32(c.d.chunk[p+4:]))
		if size > c.end-p-4 || name > p+8 {
			return false
		}
		_, n := c.d.nameAt(name)
		return n > 0
	}
	return plausible(c.p+2) || !plausible(c.p)
}

// element reads an element from its opening token to its end.
func (c *compiler) element(at place, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	d := c.d
	more := d.chunk[c.p]&layout.TokenMore != 0
	c.p++
	need := 0xffff
	ok := true
	if c.dependency() {
		need, ok = c.u16()
	}
	if !ok {
		return errCut
	}
	if _, ok = c.u32(); !ok { // the element's length, which its end tells too
		return errCut
	}
	name, err := c.name()
	if err != nil {
		return err
	}
	if need != 0xffff {
		d.open = append(d.open, uint16(need))
		defer func() { d.open = d.open[:len(d.open)-1] }()
	}
	in := instruction{name: name}
	switch {
	case at == inSystem:
		in.to = systemText(name)
	case at == inData && name == "Binary":
		in.to = toBinary
	case at == inData:
		in.to = toField
		if name == "Data" {
			in.name = ""
		}
	}
	if more {
		if _, ok := c.u32(); !ok { // length of the attributes
			return errCut
		}
		for c.p < c.end && d.chunk[c.p]&^layout.TokenMore == layout.TokenAttribute {
			if err := c.attribute(at, name, &in); err != nil {
				return err
			}
		}
	}
	if c.p >= c.end {
		return errCut
	}
	close := d.chunk[c.p]
	c.p++
	var el element
	switch close {
	case layout.TokenCloseEmpty:
	case layout.TokenCloseStart:
		if err := c.content(within(at, name), depth, &el); err != nil {
			return err
		}
	default:
		return errToken
	}
	if el.parent || el.nested || in.to == toNothing {
		return nil
	}
	in.value = el.value
	c.emit(in)
	return nil
}

// attribute reads an attribute of an element whose own instruction is in.
func (c *compiler) attribute(at place, element string, in *instruction) error {
	d := c.d
	c.p++
	name, err := c.name()
	if err != nil {
		return err
	}
	from := int32(len(d.pieces))
	for c.p < c.end {
		token := d.chunk[c.p] &^ layout.TokenMore
		if token == layout.TokenSub || token == layout.TokenOptionalSub {
			if c.p+4 > c.end {
				return errCut
			}
			d.pieces = append(d.pieces, part{sub: int32(binary.LittleEndian.Uint16(d.chunk[c.p+1:]))})
			c.p += 4
			continue
		}
		if token != layout.TokenValue && token != layout.TokenCDATA && token != layout.TokenCharRef && token != layout.TokenEntityRef {
			break
		}
		p, err := c.literal()
		if err != nil {
			return err
		}
		d.pieces = append(d.pieces, p)
	}
	value := span{from, int32(len(d.pieces))}
	switch at {
	case inSystem:
		if to := systemAttribute(element, name); to != toNothing {
			if to == toProviderGUID && value.to-value.from == 1 {
				// Once for the template, not for every record.
				d.pieces[from].text = NormalGUID(d.pieces[from].text)
			}
			c.emit(instruction{to: to, value: value})
		}
	case inData:
		switch {
		case namesField(element, name):
			if value.to-value.from == 1 && d.pieces[from].sub < 0 {
				in.name = d.pieces[from].text
			} else {
				in.naming = value
			}
		case isField(element, name):
			c.emit(instruction{to: toField, name: name, value: value})
		}
	case atTop, inEvent, inIgnored:
	}
	return nil
}

// nameAt reads the name at an offset: 4 bytes to the next, a hash, the length, UTF-16, NUL. size is 0 if there is none.
func (d *binXML) nameAt(at int) (name string, size int) {
	if at < 0 || at+10 > len(d.chunk) {
		return "", 0
	}
	n := int(binary.LittleEndian.Uint16(d.chunk[at+6:]))
	if at+10+2*n > len(d.chunk) {
		return "", 0
	}
	name, ok := d.known[uint32(at)]
	if !ok {
		d.scratch = typed.AppendUTF16(d.scratch[:0], d.chunk[at+8:at+8+2*n])
		name = d.names.of(d.scratch)
		d.known[uint32(at)] = name
	}
	return name, 10 + 2*n
}
