package own

import (
	"slices"
	"time"
)

// Problems are shown for a while: most pass.
const (
	showProblem = 10 * time.Minute
	maxProblems = 16
)

// Problems is what went wrong, and when last.
type Problems map[string]time.Time

// Note keeps a problem.
func (p *Problems) Note(text string) {
	if *p == nil {
		*p = make(Problems)
	}
	if len(*p) < maxProblems {
		(*p)[text] = time.Now()
	}
}

// Recent gives the problems of late.
func (p Problems) Recent() []string {
	var out []string
	for text, at := range p {
		if time.Since(at) > showProblem {
			delete(p, text)
			continue
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}
