package event

import "strings"

// Sign is a digest of a text: a bit for each run of three bytes, letters of ASCII in lower case. Where a text holds another, its sign holds
// the other's, so that a look at 32 bytes rules most texts out before any of them is read.
type Sign [4]uint64

// signedBytes is up to which length a text is worth signing: longer ones hold nearly every bit.
const signedBytes = 4096

// Add signs one more text.
func (s *Sign) Add(text string) {
	if len(text) > signedBytes {
		*s = Sign{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
		return
	}
	if len(text) < 3 {
		return
	}
	run := uint32(small(text[0]))<<8 | uint32(small(text[1]))
	for i := 2; i < len(text); i++ {
		run = run<<8&0xffffff | uint32(small(text[i]))
		bit := run * 0x9e3779b1 >> 24
		s[bit>>6] |= 1 << (bit & 63)
	}
}

func small(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// Holds tells whether s has every bit of other.
func (s *Sign) Holds(other *Sign) bool {
	return s[0]&other[0] == other[0] && s[1]&other[1] == other[1] && s[2]&other[2] == other[2] && s[3]&other[3] == other[3]
}

// Union gives the bits of both.
func (s Sign) Union(other Sign) Sign {
	for i := range s {
		s[i] |= other[i]
	}
	return s
}

// sign digests all that can be asked of an event by a text within: its arguments and the command line of a program that began.
func (e *Event) sign() (s Sign) {
	if e.API != nil {
		s.Add(e.Arguments())
	} else {
		var b strings.Builder
		e.describe(&b)
		s.Add(b.String())
	}
	if e.Kind == KindProcessStart && e.Process != nil {
		s.Add(e.Process.Cmdline)
	}
	return s
}

// signed are the signs of a chunk's first events.
type signed struct {
	n  int32
	of [chunkSize]Sign
}

// signs gives those of a chunk's events, at least as many as it had when this was asked. They are made when they are first asked for.
func (c *chunk) signs() *[chunkSize]Sign {
	n := c.n.Load()
	made := c.signed.Load()
	if made != nil && made.n >= n {
		return &made.of
	}
	more := new(signed)
	if made != nil {
		*more = *made
	}
	for ; more.n < n; more.n++ {
		more.of[more.n] = c.events[more.n].sign()
	}
	c.signed.Store(more)
	return &more.of
}

// holdsAny tells whether s holds one of the signs.
func (s *Sign) holdsAny(wanted []Sign) bool {
	for i := range wanted {
		if s.Holds(&wanted[i]) {
			return true
		}
	}
	return false
}
