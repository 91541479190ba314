package engine

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/queries"
)

// supply tells which of the declared feeds are there now.
type supply struct {
	feeds []collectors.Feed
	// recorded are the platforms that recordings are of: nobody knows what fed them, so all their feeds count as there.
	recorded []string
	rows     map[collectors.Item]collectors.Health
	heads    map[string]collectors.Health // a collector's row about itself
}

// heads are the items by which collectors tell of themselves, not of a part.
var heads = []string{"source", "session", "socket", "programs"}

func newSupply(feeds []collectors.Feed, recorded []string, health []collectors.Health) *supply {
	s := &supply{
		feeds: feeds, recorded: recorded, rows: make(map[collectors.Item]collectors.Health), heads: make(map[string]collectors.Health),
	}
	for _, h := range health {
		s.rows[collectors.Item{Collector: h.Collector, Item: h.Item}] = h
		if _, known := s.heads[h.Collector]; !known {
			s.heads[h.Collector] = collectors.Health{State: "ok"}
		}
		if slices.Contains(heads, h.Item) {
			s.heads[h.Collector] = h
		}
	}
	return s
}

// lack says why a feed is not there.
type lack struct {
	reason string
	moot   bool // there is nothing that it could bring
}

// lacking tells whether a feed is not there. One of which nothing is told, while its collector works, is not known to be off.
func (s *supply) lacking(f *collectors.Feed) (lack, bool) {
	if slices.Contains(s.recorded, f.Platform) {
		return lack{}, false
	}
	for _, need := range f.Needs {
		h, ok := s.rows[need]
		if !ok {
			if h, ok = s.heads[need.Collector]; !ok {
				return lack{reason: "nothing collects it here"}, true
			}
		}
		if h.State != "ok" && h.State != "degraded" {
			return lack{h.Reason, h.Moot}, true
		}
	}
	return lack{}, false
}

// narrowed says what a feed leaves out now, "" for nothing: a rule that works for some and not for others.
func (s *supply) narrowed(f *collectors.Feed) string {
	if slices.Contains(s.recorded, f.Platform) {
		return ""
	}
	for _, need := range f.Needs {
		if h := s.rows[need]; h.State == "degraded" && strings.HasPrefix(need.Item, "rule:") {
			return f.Name + ": " + h.Reason
		}
	}
	return ""
}

// need is what an analytic looks at in a table: any of its feeds will do.
type need struct {
	what  string // in words: the table, or the part or the API of it
	feeds []*collectors.Feed
}

// needs gives what a way looks at in a table, as far as feeds are declared.
func (s *supply) needs(d *queries.Detection, w *queries.Way, table string) []need {
	var out []need
	add := func(what string, f *collectors.Feed) {
		i := slices.IndexFunc(out, func(n need) bool { return n.what == what })
		if i < 0 {
			out = append(out, need{what: what})
			i = len(out) - 1
		}
		out[i].feeds = append(out[i].feeds, f)
	}
	asked := words{d, w}
	for i := range s.feeds {
		f := &s.feeds[i]
		if f.Platform != d.Platform {
			continue
		}
		if table == "eventlog_records" && !f.Named(d.LogSources) { // what it looks at there depends on the analytic
			continue
		}
		if table == "api_calls" {
			for _, api := range f.APIs {
				if asked.text(api) || !f.ByName && asked.category(api) {
					if f.Part != "" {
						add(f.Part, f)
						break
					}
					add(api, f)
				}
			}
			continue
		}
		for _, v := range f.Deliveries {
			if v.Table == table && (len(v.Values) == 0 || slices.ContainsFunc(v.Values, asked.text)) {
				add(f.Part, f)
				break
			}
		}
	}
	return out
}

// words are the texts that a way asks for, in its SQL or in its analytic's tuning.
type words struct {
	d *queries.Detection
	w *queries.Way
}

func (a words) text(word string) bool {
	if strings.Contains(a.w.Body, "'"+word+"'") {
		return true
	}
	return slices.ContainsFunc(a.d.Tuning, func(e queries.Element) bool {
		return strings.Contains(a.w.Body, "'"+e.Name+"'") && slices.ContainsFunc(e.Default, func(value string) bool {
			return value == word || strings.HasSuffix(value, "/"+word) || strings.HasSuffix(value, "%"+word)
		})
	})
}

// category tells whether a way asks for the category that an API is of.
func (a words) category(api string) bool {
	return strings.Contains(a.w.Body, "category = '"+event.APINamed(api).Category+"'")
}

// state tells whether an analytic is fed: active if all that it looks at is, degraded if some of it is missing, not fed if no way
// has anything to begin with. The reason names what is missing.
func (s *supply) state(d *queries.Detection) (queries.State, string) {
	why := new(reasons)
	begins, missing := false, false
	for i := range d.Ways {
		anchored, whole := s.way(d, &d.Ways[i], why)
		begins, missing = begins || anchored, missing || !whole
	}
	for _, name := range d.LogSources {
		if lacking, declared := s.source(d.Platform, name); declared && len(lacking) > 0 {
			missing = true
			why.source(name, lacking)
		}
	}
	switch {
	case !begins:
		why.otherwise()
		return queries.NotFed, why.String()
	case missing:
		return queries.Degraded, why.String()
	}
	return queries.Active, ""
}

// way tells whether a way's first table gets anything, and whether all that it looks at is there.
func (s *supply) way(d *queries.Detection, w *queries.Way, why *reasons) (anchored, whole bool) {
	whole = true
	for i, table := range w.Tables {
		needs := s.needs(d, w, table)
		if len(needs) == 0 && table == "api_calls" { // it names no API that is declared: what its logs bring
			needs = s.named(d)
		}
		if len(needs) == 0 {
			whole = false
			why.note("no feed brings what it looks at in " + table)
		}
		for _, n := range needs {
			fed, lacks := s.fed(&n)
			anchored = anchored || i == 0 && fed
			if len(lacks) > 0 {
				whole = false
				why.missing(table, &n, lacks)
			}
		}
	}
	return anchored, whole
}

// fed tells whether a need is met, and what is missing all the same.
func (s *supply) fed(n *need) (bool, []missed) {
	var off, part []missed
	var instead string
	for _, f := range n.feeds {
		l, lacking := s.lacking(f)
		narrowed := s.narrowed(f)
		switch {
		case !lacking && narrowed != "":
			part = append(part, missed{nil, narrowed})
		case !lacking && f.Lacks == "":
			return true, nil
		case !lacking:
			instead = f.Lacks
		case l.moot:
		default:
			off = append(off, missed{f, l.reason})
		}
	}
	if len(part) > 0 {
		return true, part
	}
	if len(off) == 0 {
		return true, nil
	}
	if instead != "" {
		return true, append(off, missed{nil, instead})
	}
	return false, off
}

// source gives the feeds of a log source, if none of them is there.
func (s *supply) source(platform, name string) (lacking []missed, declared bool) {
	for i := range s.feeds {
		f := &s.feeds[i]
		if f.Platform != platform || !slices.Contains(f.LogSources, name) {
			continue
		}
		declared = true
		l, off := s.lacking(f)
		if !off {
			return nil, true
		}
		if !l.moot {
			lacking = append(lacking, missed{f, l.reason})
		}
	}
	return lacking, declared
}

// named gives a need for what the log sources bring that an analytic names.
func (s *supply) named(d *queries.Detection) []need {
	n := need{}
	for i := range s.feeds {
		f := &s.feeds[i]
		if f.Platform == d.Platform && f.Named(d.LogSources) {
			n.feeds = append(n.feeds, f)
		}
	}
	if n.feeds == nil {
		return nil
	}
	return []need{n}
}
