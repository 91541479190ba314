package tables

import "math"

// grams tells which of many patterns a text can be like: each is found by four bytes that every text like it holds. Looking for
// each pattern by itself costs a pass over the text for each.
type grams struct {
	first [1 << gramBits]uint16 // the last pattern whose four bytes fall there, counted from 1; 0 for none
	next  []uint16              // by pattern: the one before that falls there
	words []uint32              // by pattern: its four bytes
	short []int                 // patterns that have no four bytes: any text may be like them
	tried []uint32              // by pattern: the text for which it was tried last
	text  uint32
}

const (
	gramBits = 12
	gramSize = 4
	// fewPatterns and fewTexts are up to how many a pass for each pattern costs less.
	fewPatterns, fewTexts = 12, 8
)

func newGrams(patterns []*likePattern) *grams {
	g := &grams{next: make([]uint16, len(patterns)), words: make([]uint32, len(patterns)), tried: make([]uint32, len(patterns))}
	for i, p := range patterns {
		if len(p.within) < gramSize || i >= math.MaxUint16 {
			g.short = append(g.short, i)
			continue
		}
		g.words[i] = rarest(p.within)
		at := gramSlot(g.words[i])
		g.next[i], g.first[at] = g.first[at], uint16(i+1)
	}
	return g
}

func gramSlot(word uint32) uint32 { return word * 2654435761 >> (32 - gramBits) }

// rarest gives those four bytes of a text in lower case that other texts are least likely to hold.
func rarest(text string) uint32 {
	best, word, least := uint32(0), uint32(0), math.MaxInt
	cost := 0
	for i := range len(text) {
		word = word<<8 | uint32(text[i])
		cost += commonness(text[i])
		if i >= gramSize {
			cost -= commonness(text[i-gramSize])
		}
		if i >= gramSize-1 && cost < least {
			best, least = word, cost
		}
	}
	return best
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
	for _, i := range g.short {
		yield(i)
	}
	word := uint32(0)
	for i := range len(text) {
		word = word<<8 | uint32(lowered[text[i]])
		if i < gramSize-1 {
			continue
		}
		for p := g.first[gramSlot(word)]; p != 0; p = g.next[p-1] {
			if g.words[p-1] == word && g.tried[p-1] != g.text {
				g.tried[p-1] = g.text
				yield(int(p - 1))
			}
		}
	}
}
