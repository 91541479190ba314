package tables

import (
	"fmt"
	"iter"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/collectors/store"
)

// A column NAME_like stands beside a text column NAME and answers `NAME_like IN (patterns)`: the rows whose NAME is LIKE one of them, with
// a backslash as escape, each once, with the first pattern that it is like. SQLite hands a table the values of an IN, but no OR of LIKEs,
// for which it would fetch every row.

// matching makes the column beside a text column.
func matching[R any](of column[R]) column[R] {
	return asking(of, "_like", "Asked for by = or IN with patterns of LIKE (backslash escapes): gives each row whose "+of.Name+
		" is like one of them once, with the first such pattern.", newLikeOne)
}

// asking makes a column that answers a question about a text column; a row that it gives bears what was asked for.
func asking[R any](of column[R], suffix, description string, read func(asked []string) (question, error)) column[R] {
	return column[R]{
		Column: Column{
			Name: of.Name + suffix, Type: Text, Optimized: true, Hidden: true,
			Description: description + " Empty where it is not asked for.",
		},
		value: func(R) Value { return Value{Kind: TextValue} },
		of:    of.Name,
		read:  read,
	}
}

// question is what a query asks of such a column.
type question interface {
	// first gives the first of what was asked for that a text answers.
	first(text string) (asked string, ok bool)
}

// wanted is a question and the columns that it is about.
type wanted struct {
	column, of int
	question
}

// wantedOf gives what a query asks of the columns made by asking.
func wantedOf[R any](q *Query, columns []column[R]) (out []wanted, err error) {
	for i := range columns {
		if columns[i].of == "" {
			continue
		}
		values, ok := q.EqualTo(i)
		if !ok {
			continue
		}
		w := wanted{column: i}
		for j := range columns {
			if columns[j].Name == columns[i].of {
				w.of = j
			}
		}
		if w.question, err = columns[i].read(values); err != nil {
			return nil, fmt.Errorf("%s: %w", columns[i].Name, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// likeOne asks which of some patterns a text is like.
type likeOne struct {
	patterns []*likePattern
	texts    int         // held against the patterns
	grams    *grams      // of the patterns, once there are many texts
	anchor   map[int]int // where a pattern stands by its number in likeness; nil unless what asks is an anchor
}

func newLikeOne(asked []string) (question, error) {
	l := new(likeOne)
	for _, v := range asked {
		l.patterns = append(l.patterns, patterns.of(v))
	}
	return l, nil
}

func (l *likeOne) first(text string) (pattern string, ok bool) {
	if l.anchor != nil {
		return l.firstKnown(text)
	}
	if len(l.patterns) == 1 {
		p := l.patterns[0]
		return p.asked, p.matches(text)
	}
	if len(l.patterns) > fewPatterns {
		if l.texts++; l.texts > fewTexts {
			return l.firstOfMany(text)
		}
	}
	low := lowerASCII(text) // once for all of them
	for _, p := range l.patterns {
		if p.matchesLow(low) {
			return p.asked, true
		}
	}
	return "", false
}

// firstOfMany is first where many patterns are asked for of many texts.
func (l *likeOne) firstOfMany(text string) (pattern string, ok bool) {
	if l.grams == nil {
		l.grams = newGrams(l.patterns)
	}
	low, best := "", len(l.patterns)
	l.grams.candidates(text, func(i int) {
		if i >= best {
			return
		}
		if low == "" {
			low = lowerASCII(text)
		}
		if l.patterns[i].matchesLow(low) {
			best = i
		}
	})
	if best == len(l.patterns) {
		return "", false
	}
	return l.patterns[best].asked, true
}

// firstKnown is first for an anchor.
func (l *likeOne) firstKnown(text string) (pattern string, ok bool) {
	best := len(l.patterns)
	for _, n := range anchorPatterns.like(text) {
		if i, asked := l.anchor[n]; asked {
			best = min(best, i)
		}
	}
	if best == len(l.patterns) {
		return "", false
	}
	return l.patterns[best].asked, true
}

// lowerASCII puts letters of ASCII into lower case and leaves every other byte as it is.
func lowerASCII(s string) string {
	same := 0
	for same < len(s) && lowered[s[same]] == s[same] {
		same++
	}
	if same == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	var part [256]byte
	for len(s) > 0 {
		n := copy(part[:], s)
		for i, c := range part[:n] {
			part[i] = lowered[c]
		}
		b.Write(part[:n])
		s = s[n:]
	}
	return b.String()
}

// likePattern is a pattern of LIKE with a backslash as its escape, matched as SQLite's likeFunc does (func.c): letters of ASCII without
// regard to case, both texts up to their first NUL.
type likePattern struct {
	reading
	asked  string // the pattern as it was asked for
	within string // what every text that is like it holds, in lower case; "" if that is not known
	sign   store.Sign
}

// patterns are those asked for before: analytics ask for the same ones again and again.
var patterns read

// read keeps what was read of patterns, up to a number that no set of analytics comes near.
type read struct {
	mu    sync.RWMutex
	known map[string]*likePattern
}

func (r *read) of(text string) *likePattern {
	const most = 16384
	r.mu.RLock()
	p := r.known[text]
	r.mu.RUnlock()
	if p != nil {
		return p
	}
	p = newLikePattern(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= most {
		r.known = make(map[string]*likePattern)
	}
	r.known[text] = p
	return p
}

func newLikePattern(text string) *likePattern {
	p := &likePattern{reading: newReading(upToNUL(text), true), asked: text}
	p.sign = signOf(p.text)
	for fixed := range fixedRuns(p.text) {
		if len(fixed) > len(p.within) {
			p.within = lowerASCII(fixed)
		}
	}
	return p
}

// signOf signs what every text that is like a pattern holds.
func signOf(pattern string) (s store.Sign) {
	const long = 1024 // longer than any word that is looked for, and than what a sign is worth
	for fixed := range fixedRuns(pattern) {
		if len(fixed) <= long {
			s.Add(fixed)
		}
	}
	return s
}

// fixedRuns gives what stands between a pattern's wildcards and every character that is not ASCII, since what is no UTF-8 may be like
// other bytes.
func fixedRuns(pattern string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var fixed []byte
		for i := 0; i < len(pattern); i++ {
			c, special := pattern[i], pattern[i] == '%' || pattern[i] == '_'
			if c == '\\' && i+1 < len(pattern) {
				i++
				c, special = pattern[i], false
			}
			switch {
			case special || c >= utf8.RuneSelf:
				if !yield(string(fixed)) {
					return
				}
				fixed = fixed[:0]
			default:
				fixed = append(fixed, c)
			}
		}
		yield(string(fixed))
	}
}

func (p *likePattern) matches(text string) bool { return p.reading.matches(upToNUL(text)) }

// matchesLow is matches for a text in lower case.
func (p *likePattern) matchesLow(low string) bool {
	if !p.plain || strings.IndexByte(low, 0) >= 0 {
		return strings.Contains(low, p.within) && p.matches(low)
	}
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(p.parts) == 1 {
		return low == first
	}
	if len(low) < len(first)+len(last) || !strings.HasPrefix(low, first) || !strings.HasSuffix(low, last) {
		return false
	}
	low = low[len(first) : len(low)-len(last)]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		at := strings.Index(low, part)
		if at < 0 {
			return false
		}
		low = low[at+len(part):]
	}
	return true
}
