package form

import (
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// value is one substitution of an instance.
type value struct {
	typ     uint8
	missing bool // cut off
	from    int
	to      int
}

// binXML decodes the binary XML of one chunk after another. Offsets in it count from the chunk's start.
type binXML struct {
	builder
	chunk    []byte
	programs map[uint32]program
	known    map[uint32]string // names by offset
	code     []instruction
	pieces   []part
	needs    []uint16
	open     []uint16 // compiling: substitutions that the open elements need
	values   []value
	scratch  []byte
	budget   int
}

// chunkBudget bounds what one chunk may expand to, in bytes of text and instructions. A real one gives a tenth of it at most.
const chunkBudget = 16 << 20

var (
	errCut      = errors.New("binary XML ends too early")
	errToken    = errors.New("unknown token of binary XML")
	errDepth    = errors.New("binary XML is nested too deeply")
	errName     = errors.New("a name lies outside the chunk")
	errTemplate = errors.New("a template lies outside the chunk")
	errBudget   = errors.New("the chunk expands too much")
)

func (d *binXML) startChunk(chunk []byte) {
	if d.programs == nil {
		d.programs, d.known = make(map[uint32]program), make(map[uint32]string)
	}
	clear(d.programs)
	clear(d.known)
	d.chunk = chunk
	d.code, d.pieces, d.needs = d.code[:0], d.pieces[:0], d.needs[:0]
	d.budget = chunkBudget
}

// record decodes the binary XML in chunk[from:to] into the builder.
func (d *binXML) record(from, to int) error {
	d.values, d.open = d.values[:0], d.open[:0]
	err := d.fragment(from, to, atTop, 0)
	if err == nil && d.over {
		err = errTooLarge
	}
	return err
}

// fragment decodes what stands between p and end: template instances, or elements outright.
func (d *binXML) fragment(p, end int, at place, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	if d.budget -= 16 + (end-p)/16; d.budget < 0 {
		return errBudget
	}
	for p < end {
		switch d.chunk[p] &^ layout.TokenMore {
		case layout.TokenEnd:
			return nil
		case layout.TokenHeader:
			p += 4
		case layout.TokenTemplate:
			next, err := d.instance(p, end, at, depth)
			if err != nil {
				return err
			}
			p = next
		case layout.TokenOpen:
			start := len(d.code)
			c := compiler{d: d, p: p, end: end}
			err := c.element(at, depth)
			if d.budget -= 64 * (1 + len(d.code) - start); d.budget < 0 {
				return errBudget
			}
			if e := d.run(span{int32(start), int32(len(d.code))}, nil, depth); err == nil {
				err = e
			}
			if err != nil {
				return err
			}
			p = c.p
		case layout.TokenPITarget, layout.TokenPIData:
			c := compiler{d: d, p: p, end: end}
			if err := c.instruction(); err != nil {
				return err
			}
			p = c.p
		default:
			return errToken
		}
	}
	return nil
}

// definition finds the body of the template that the instance at p uses, and where the instance goes on.
func (d *binXML) definition(p, end int) (from, to, next int, err error) {
	if p+10 > end {
		return 0, 0, 0, errCut
	}
	at := int(binary.LittleEndian.Uint32(d.chunk[p+6:]))
	p += 10
	// 4 bytes to the next definition, a GUID, the length.
	if at < 0 || at+24 > len(d.chunk) {
		return 0, 0, p, errTemplate
	}
	from = at + 24
	size := int(binary.LittleEndian.Uint32(d.chunk[at+20:]))
	if size > len(d.chunk)-from {
		return 0, 0, p, errTemplate
	}
	if at == p {
		p = from + size
	}
	return from, from + size, p, nil
}

// instance decodes the template instance at p and tells where it ends.
func (d *binXML) instance(p, end int, at place, depth int) (int, error) {
	if depth > maxDepth {
		return p, errDepth // a template may name itself
	}
	from, to, p, err := d.definition(p, end)
	if err != nil {
		return p, err
	}
	base := len(d.values)
	p, err = d.substitutions(p, end)
	key := uint32(from)<<3 | uint32(at)
	prog, ok := d.programs[key]
	if !ok {
		start := len(d.code)
		c := compiler{d: d, p: from, end: to, template: true}
		prog.err = c.content(at, depth, nil)
		prog.code = span{int32(start), int32(len(d.code))}
		d.programs[key] = prog
		d.budget -= 64*(len(d.code)-start) + (to-from)/4
	}
	if d.budget -= 32 + 4*(len(d.values)-base); d.budget < 0 {
		d.values = d.values[:base]
		return p, errBudget
	}
	if e := d.run(prog.code, d.values[base:], depth); err == nil {
		err = e
	}
	d.values = d.values[:base]
	if err == nil {
		err = prog.err
	}
	return p, err
}

// substitutions reads an instance's values onto the stack. Those that are cut off are marked.
func (d *binXML) substitutions(p, end int) (int, error) {
	if p+4 > end {
		return end, errCut
	}
	n := int(binary.LittleEndian.Uint32(d.chunk[p:]))
	p += 4
	if n < 0 || n > (end-p)/4 {
		return end, errors.New("binary XML claims " + strconv.Itoa(n) + " values")
	}
	var err error
	at := p + 4*n
	for range n {
		size, typ := int(binary.LittleEndian.Uint16(d.chunk[p:])), d.chunk[p+2]
		p += 4
		v := value{typ: typ, from: at, to: at + size}
		if v.to > end {
			// Of binary XML that is cut the beginning can be read.
			v.missing, err = typ != typed.TypeBinXML || at >= end, errCut
			v.to = end
		}
		at = v.to
		d.values = append(d.values, v)
	}
	return at, err
}

// run carries out instructions for one instance.
func (d *binXML) run(code span, values []value, depth int) error {
	var failed error
	for i := code.from; i < code.to; i++ {
		in := &d.code[i]
		if d.budget -= 16; d.budget < 0 {
			return errBudget
		}
		if in.needs.to > in.needs.from && !d.needed(in.needs, values) {
			continue
		}
		parts := d.pieces[in.value.from:in.value.to]
		if missing(parts, values) {
			failed = errCut
			continue
		}
		before := len(d.buf)
		var err error
		switch in.to {
		case toField:
			err = d.emitField(in, parts, values, depth)
		case toNested:
			if v := values[parts[0].sub]; v.typ == typed.TypeBinXML {
				err = d.fragment(v.from, v.to, in.at, depth+1)
			}
		case toInline:
			_, err = d.instance(in.inline, int(in.naming.to), in.at, depth+1)
		case toBinary:
			d.appendParts(parts, values)
			d.binary = span{int32(before), int32(len(d.buf))}
		default:
			d.system(in.to, parts, values)
		}
		if err != nil {
			if failed = err; errors.Is(err, errDepth) || errors.Is(err, errBudget) {
				return err // what follows would go as deep again
			}
		}
		if d.budget -= len(d.buf) - before; d.budget < 0 {
			return errBudget
		}
		if d.over {
			return errTooLarge
		}
	}
	return failed
}

// needed tells whether all the substitutions that an element depends on are there.
func (d *binXML) needed(needs span, values []value) bool {
	for _, n := range d.needs[needs.from:needs.to] {
		if int(n) < len(values) && values[n].typ == typed.TypeNull {
			return false
		}
	}
	return true
}

// missing tells whether a substitution among the parts was cut off or never was.
func missing(parts []part, values []value) bool {
	for i := range parts {
		if s := parts[i].sub; s >= 0 && (int(s) >= len(values) || values[s].missing) {
			return true
		}
	}
	return false
}

func (d *binXML) emitField(in *instruction, parts []part, values []value, depth int) error {
	name := in.name
	if in.naming.to > in.naming.from {
		from := len(d.buf)
		d.appendParts(d.pieces[in.naming.from:in.naming.to], values)
		name = d.names.of(d.buf[from:])
		d.buf = d.buf[:from]
	}
	from := len(d.buf)
	if len(parts) == 1 && parts[0].sub >= 0 {
		v := values[parts[0].sub]
		if v.typ == typed.TypeBinXML {
			n := len(d.spans)
			if err := d.fragment(v.from, v.to, inData, depth+1); err != nil || len(d.spans) > n {
				return err
			}
		}
		if v.typ&typed.TypeArray != 0 && v.from < v.to {
			// The element stands once for each item.
			typ, rest := v.typ&^typed.TypeArray, d.chunk[v.from:v.to]
			for len(rest) > 0 && !d.over {
				var one []byte
				one, rest = typed.Item(typ, rest)
				from = len(d.buf)
				d.buf = typed.Append(d.buf, typ, one)
				d.field(name, from)
				d.budget -= 16
			}
			return nil
		}
	}
	d.appendParts(parts, values)
	d.field(name, from)
	return nil
}

// appendParts renders a value that is put together from text and substitutions.
func (d *binXML) appendParts(parts []part, values []value) {
	for i := range parts {
		p := &parts[i]
		if p.sub < 0 {
			d.buf = append(d.buf, p.text...)
			continue
		}
		if int(p.sub) >= len(values) {
			continue
		}
		d.buf = d.appendSub(d.buf, values[p.sub])
		if len(d.buf) > maxText {
			d.over = true
			return
		}
	}
}

func (d *binXML) appendSub(dst []byte, v value) []byte {
	if v.missing || v.typ == typed.TypeBinXML {
		return dst
	}
	b := d.chunk[v.from:v.to]
	if v.typ&typed.TypeArray == 0 {
		return typed.Append(dst, v.typ, b)
	}
	typ := v.typ &^ typed.TypeArray
	for first := true; len(b) > 0 && len(dst) <= maxText; first = false {
		var one []byte
		one, b = typed.Item(typ, b)
		if !first {
			dst = append(dst, ", "...)
		}
		dst = typed.Append(dst, typ, one)
	}
	return dst
}

// system fills in what System says.
func (d *binXML) system(to target, parts []part, values []value) {
	if len(parts) == 1 && parts[0].sub >= 0 {
		v := values[parts[0].sub]
		b := d.chunk[v.from:v.to]
		switch v.typ {
		case typed.TypeNull:
			return
		case typed.TypeInt8, typed.TypeInt16, typed.TypeInt32, typed.TypeInt64:
			d.number(to, uint64(typed.Signed(b)))
			return
		case typed.TypeUint8, typed.TypeUint16, typed.TypeUint32, typed.TypeUint64, typed.TypeHexInt32, typed.TypeHexInt64, typed.TypeSizeT:
			d.number(to, typed.Unsigned(b))
			return
		case typed.TypeFileTime:
			if to == toTime && len(b) >= 8 {
				d.rec.TimeNS = typed.FileTimeNS(binary.LittleEndian.Uint64(b))
			}
			return
		}
	}
	if len(parts) == 1 && parts[0].sub < 0 {
		d.text(to, parts[0].text, nil)
		return
	}
	from := len(d.buf)
	d.appendParts(parts, values)
	d.text(to, "", d.buf[from:])
	d.buf = d.buf[:from]
}
