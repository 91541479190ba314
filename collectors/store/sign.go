package store

// Sign is a digest of a text: a bit for each run of three bytes, letters of ASCII in lower case. Where a text holds another, its sign holds
// the other's, so that a look at 32 bytes rules most texts out before any of them is read.
type Sign [4]uint64

// signedBytes is up to which length a text is worth signing: longer ones hold nearly every bit.
const signedBytes = 4096

// Add signs one more text.
func (s *Sign) Add(text string) {
	w := signer{sign: s}
	w.add(text)
}

// signer signs a text that comes in pieces.
type signer struct {
	sign *Sign
	run  uint32 // the last three bytes
	n    int    // bytes so far
}

func (w *signer) add(text string) {
	if w.n += len(text); w.n > signedBytes {
		*w.sign = Sign{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
		return
	}
	before := w.n - len(text)
	for i := range len(text) {
		w.run = w.run<<8&0xffffff | uint32(small(text[i]))
		if before+i < 2 {
			continue
		}
		bit := w.run * 0x9e3779b1 >> 24
		w.sign[bit>>6] |= 1 << (bit & 63)
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
		more.of[more.n] = signOf(&c.events[more.n])
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
