package tables

import "math"

// grams tells which of many patterns a text can be like: each by what every text like it holds, which is found by four bytes of that.
// Looking for each pattern by itself costs a pass over the text for each.
type grams struct {
	wanted gramSet               // the four bytes of every pattern
	first  [1 << gramBits]uint16 // the last pattern whose four bytes fall there, counted from 1; 0 for none
	each   []gram                // by pattern
	short  []int                 // patterns that have no four bytes: any text may be like them

	// Of the text that is looked at.
	text  uint32  // its number
	held  gramSet // all four bytes in it
	found []int   // the patterns whose longest part it holds
}

// gram is how one pattern is found.
type gram struct {
	next   uint16   // the pattern before it whose four bytes fall on the same place, as in first
	word   uint32   // its four bytes
	before int      // how many bytes of within stand before these
	within string   // see likePattern
	others []uint32 // four bytes of each other part
	tried  uint32   // the text for which it was tried last
}

const (
	gramBits = 12
	gramSize = 4
	// fewPatterns and fewTexts are up to how many a pass for each pattern costs less.
	fewPatterns, fewTexts = 12, 8
)

func newGrams(patterns []*likePattern) *grams {
	g := new(grams)
	for _, p := range patterns {
		g.add(p)
	}
	return g
}

// add makes a pattern the next.
func (g *grams) add(p *likePattern) {
	i := len(g.each)
	g.each = append(g.each, gram{within: p.within})
	if len(p.within) < gramSize || i >= math.MaxUint16 {
		g.short = append(g.short, i)
		return
	}
	n := &g.each[i]
	n.word, n.before = rarest(p.within)
	hash := gramHash(n.word)
	g.wanted.add(hash)
	at := hash >> (32 - gramBits)
	n.next, g.first[at] = g.first[at], uint16(i+1)
	for part := range fixedRuns(p.text) {
		if part = lowerASCII(part); len(part) >= gramSize && part != p.within {
			word, _ := rarest(part)
			n.others = append(n.others, word)
		}
	}
}

// gramHash spreads four bytes; its first bits are a place in a table.
func gramHash(word uint32) uint32 { return word * 2654435761 }

// gramSet is a set of four bytes by their hashes. It may hold some that nobody added.
type gramSet [1 << (gramSetBits - 6)]uint64

const gramSetBits = 15

func (s *gramSet) add(hash uint32) {
	s[hash>>(32-gramSetBits+6)] |= 1 << (hash >> (32 - gramSetBits) % 64)
}

func (s *gramSet) has(hash uint32) bool {
	return s[hash>>(32-gramSetBits+6)]>>(hash>>(32-gramSetBits)%64)&1 != 0
}

// rarest gives those four bytes of a text in lower case that other texts are least likely to hold, and how many stand before them.
func rarest(text string) (best uint32, before int) {
	word, least := uint32(0), math.MaxInt
	cost := 0
	for i := range len(text) {
		word = word<<8 | uint32(text[i])
		cost += commonness(text[i])
		if i >= gramSize {
			cost -= commonness(text[i-gramSize])
		}
		if i >= gramSize-1 && cost < least {
			best, before, least = word, i+1-gramSize, cost
		}
	}
	return best, before
}

// commonness says how often a byte stands in paths and command lines, roughly.
func commonness(c byte) int {
	switch c {
	case 'e', 't', 'a', 'o', 'i', 'n', 's', 'r', '\\', ' ', '.':
		return 4
	case 'c', 'd', 'l', 'm', 'p', 'u', '-', '/', '"':
		return 3
	case 'j', 'q', 'x', 'z', 'k', 'v', '_':
		return 1
	}
	return 2
}

// candidates hands over the patterns that a text can be like, each once, in no order.
func (g *grams) candidates(text string, yield func(pattern int)) {
	g.text++
	g.held, g.found = gramSet{}, g.found[:0]
	word := uint32(0)
	for i := range len(text) {
		word = word<<8 | uint32(lowered[text[i]])
		if i < gramSize-1 {
			continue
		}
		hash := gramHash(word)
		g.held.add(hash)
		if !g.wanted.has(hash) {
			continue
		}
		for p := g.first[hash>>(32-gramBits)]; p != 0; p = g.each[p-1].next {
			if n := &g.each[p-1]; n.word == word && n.tried != g.text && n.endsAt(text, i) {
				n.tried = g.text
				g.found = append(g.found, int(p-1))
			}
		}
	}
	for _, i := range g.short {
		yield(i)
	}
	for _, i := range g.found {
		if g.holds(g.each[i].others) {
			yield(i)
		}
	}
}

// endsAt tells whether the text, of which byte i ends the four bytes, holds there all of within.
func (n *gram) endsAt(text string, i int) bool {
	from := i + 1 - gramSize - n.before
	return from >= 0 && len(text)-from >= len(n.within) && hasFold(text[from:], n.within)
}

// holds tells whether the text can hold all of these.
func (g *grams) holds(words []uint32) bool {
	for _, w := range words {
		if !g.held.has(gramHash(w)) {
			return false
		}
	}
	return true
}
