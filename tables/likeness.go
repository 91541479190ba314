package tables

import (
	"strings"
	"sync"
)

// likeness tells which of many patterns a text is like. Anchors, which look at each new event once, ask the same texts for many patterns
// each: one pass over a text answers all of them.
type likeness struct {
	mu       sync.Mutex
	grams    *grams
	patterns []*likePattern
	number   map[string]int
	known    map[string][]int // what texts are like, of those asked for lately
	size     int              // what known takes, in bytes
}

const (
	// mostKnown bounds what is kept of texts and of what they are like, in bytes.
	mostKnown = 1 << 20
	// entry is what one text takes beside its bytes: the headers of text and list, and its part of the map.
	entry = 96
)

// anchorPatterns are those that anchors ask for.
var anchorPatterns likeness

// add gives where patterns stand in a list, by the numbers that they have from now on.
func (l *likeness) add(patterns []*likePattern) map[int]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.number == nil {
		l.number, l.grams = make(map[string]int), newGrams(nil)
	}
	out := make(map[int]int, len(patterns))
	for i, p := range patterns {
		n, ok := l.number[p.asked]
		if !ok {
			n = len(l.patterns)
			l.patterns, l.number[p.asked] = append(l.patterns, p), n
			l.grams.add(p)
			l.forget()
		}
		if _, twice := out[n]; !twice {
			out[n] = i
		}
	}
	return out
}

// like gives the numbers of the patterns that a text is like.
func (l *likeness) like(text string) []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.known[text]
	if ok {
		return found
	}
	low := ""
	l.grams.candidates(text, func(n int) {
		if low == "" {
			low = lowerASCII(text)
		}
		if l.patterns[n].matchesLow(low) {
			found = append(found, n)
		}
	})
	size := entry + len(text) + 8*cap(found)
	if l.size += size; l.size > mostKnown {
		l.forget()
		l.size = size
	}
	if l.known == nil {
		l.known = make(map[string][]int)
	}
	l.known[strings.Clone(text)] = found // the event that it is of may be evicted
	return found
}

func (l *likeness) forget() { l.known, l.size = nil, 0 }
