// Package wire writes and reads the fields of what is kept as bytes. One function names the fields of a type in their order, and serves
// both ways: what is written and what is read cannot get out of step.
//
// A block holds many records one after the other. A text that the block holds already is written as the place where it stands, so that any
// record can be read by itself, without a table, and a block by itself. Reading never fails: it goes on with zero values and [Coder.Err]
// tells of it. Texts that are read are parts of the block, which must not change any more.
package wire

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"
)

// ErrDamaged says that bytes are not what a Coder wrote.
var ErrDamaged = errors.New("damaged")

// Coder writes records to a block or reads them from one.
type Coder struct {
	block   []byte
	at      int // the next byte to read
	end     int // where the record that is read begins: what it refers to lies before
	reading bool
	damaged bool
	texts   table
}

// NewWriter begins a block, after what is in it already, to which nothing refers.
func NewWriter(block []byte) *Coder { return &Coder{block: block} }

// Reset begins another block.
func (c *Coder) Reset(block []byte) {
	c.block = block
	c.texts.clear()
}

// Block gives what is written. What it holds does not change when more is written.
func (c *Coder) Block() []byte { return c.block }

// Len is how long the block is.
func (c *Coder) Len() int { return len(c.block) }

// Read makes c a reader of the record that begins at a place in a block.
func (c *Coder) Read(block []byte, at int) {
	c.block, c.at, c.end, c.reading, c.damaged = block, at, at, true, false
	if at < 0 || at > len(block) {
		c.fail()
	}
}

// Reading tells which way the fields go.
func (c *Coder) Reading() bool { return c.reading }

// At is where the next field is read.
func (c *Coder) At() int { return c.at }

// Err tells whether what was read so far is what a Coder wrote.
func (c *Coder) Err() error {
	if c.damaged {
		return ErrDamaged
	}
	return nil
}

func (c *Coder) fail() {
	c.damaged = true
	c.at = len(c.block)
}

// Uint codes a number, the small ones in few bytes.
func (c *Coder) Uint(n *uint64) {
	if !c.reading {
		c.block = binary.AppendUvarint(c.block, *n)
		return
	}
	*n = c.uvarint()
}

func (c *Coder) uvarint() uint64 {
	if c.at < len(c.block) && c.block[c.at] < 0x80 {
		c.at++
		return uint64(c.block[c.at-1])
	}
	n, size := binary.Uvarint(c.block[c.at:])
	if size <= 0 {
		c.fail()
		return 0
	}
	c.at += size
	return n
}

// Int codes a number that may be negative.
func (c *Coder) Int(n *int64) {
	u := uint64(*n)<<1 ^ uint64(*n>>63)
	c.Uint(&u)
	if c.reading {
		*n = int64(u>>1) ^ -int64(u&1)
	}
}

// Whole codes an int.
func (c *Coder) Whole(n *int) {
	i := int64(*n)
	c.Int(&i)
	if c.reading {
		*n = int(i)
	}
}

// Uint32 codes a number of 32 bits.
func (c *Coder) Uint32(n *uint32) { small(c, n, math.MaxUint32) }

// Uint16 codes a number of 16 bits.
func (c *Coder) Uint16(n *uint16) { small(c, n, math.MaxUint16) }

// Uint8 codes a number of 8 bits.
func (c *Coder) Uint8(n *uint8) { small(c, n, math.MaxUint8) }

func small[N uint8 | uint16 | uint32](c *Coder, n *N, most uint64) {
	u := uint64(*n)
	c.Uint(&u)
	if !c.reading {
		return
	}
	if u > most {
		c.fail()
		u = 0
	}
	*n = N(u)
}

// Flag codes a truth.
func (c *Coder) Flag(b *bool) {
	var n uint8
	if *b {
		n = 1
	}
	c.Uint8(&n)
	if c.reading {
		*b = n != 0
	}
}

// Count codes how many follow. Of what is read each must take at least so many bytes: a number that the block cannot hold makes nothing.
func (c *Coder) Count(n, least int) int {
	u := uint64(n)
	c.Uint(&u)
	if c.reading && u > uint64((len(c.block)-c.at)/least) {
		c.fail()
		return 0
	}
	return int(u)
}

// shortText is up to which length a text is not worth a reference.
const shortText = 2

// Text codes a text: its length doubled and its bytes, or, where the block has it already, the place of its length doubled and one.
func (c *Coder) Text(s *string) {
	if c.reading {
		*s = c.text()
		return
	}
	if len(*s) > shortText {
		at, known := c.texts.place(c.block, *s)
		if known {
			c.block = binary.AppendUvarint(c.block, uint64(at)<<1|1)
			return
		}
	}
	c.block = binary.AppendUvarint(c.block, uint64(len(*s))<<1)
	c.block = append(c.block, *s...)
}

func (c *Coder) text() string {
	n := c.uvarint()
	if n&1 == 0 {
		text, end := literal(c.block, c.at, n>>1)
		if end < 0 {
			c.fail()
			return ""
		}
		c.at = end
		return text
	}
	at := n >> 1
	if at >= uint64(c.at) {
		c.fail()
		return ""
	}
	size, bytes := binary.Uvarint(c.block[at:])
	text, end := "", -1
	if bytes > 0 && size&1 == 0 {
		text, end = literal(c.block, int(at)+bytes, size>>1)
	}
	if end < 0 {
		c.fail()
	}
	return text
}

// literal gives a text of so many bytes and where it ends, -1 if the block ends before.
func literal(block []byte, at int, size uint64) (string, int) {
	if size > uint64(len(block)-at) {
		return "", -1
	}
	if size == 0 {
		return "", at
	}
	return unsafe.String(&block[at], int(size)), at + int(size)
}

// Place codes where in the block something lies that was written before, 0 for nothing.
func (c *Coder) Place(at int) int {
	n := uint64(at)
	c.Uint(&n)
	if c.reading && n >= uint64(c.end) && n != 0 {
		c.fail()
		return 0
	}
	return int(n)
}
