package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/bpf"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// madeUpBoot stands for the boot id of the machine that was recorded.
const madeUpBoot = "6f9a1c52-3b7e-4d08-9c41-a5e2d7f0b813"

// round is what one round of the pump brought, in the order in which a recording holds it.
type round struct {
	facts, forks, records, rest []line
}

// line is one line of a recording: a fact, a message about a process, or an audit record.
type line struct {
	typ  string
	body []byte
	// life is the message of a LifecycleLine.
	life collectors.Lifecycle
	// group tells the records of one event from others: the audit(…) of the record, or the place of one of eBPF's.
	group string
	// execution tells that a record of eBPF's is of a process that was executed.
	execution bool
}

// pid gives the process that a record is of.
func (l *line) pid() int64 {
	if l.typ == bpf.Line {
		return l.life.PID
	}
	return pidField(l.body, "pid")
}

// ns gives the time of a record.
func (l *line) ns() int64 {
	if l.typ == bpf.Line {
		return l.life.TimeNS
	}
	return groupNS(l.group)
}

// leads tells whether the record says of which process its group is.
func (l *line) leads() bool { return l.typ == "SYSCALL" || l.typ == bpf.Line }

func (l line) String() string { return "type=" + l.typ + " msg=" + string(l.body) }

// factBody is the body of a FactLine.
type factBody struct {
	Fact  string          `json:"fact"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

func newFact(fact, key string, value any) (line, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return line{}, fmt.Errorf("encoding fact %s: %w", fact, err)
	}
	body, err := json.Marshal(factBody{fact, key, raw})
	if err != nil {
		return line{}, fmt.Errorf("encoding fact %s: %w", fact, err)
	}
	return line{typ: recording.FactLine, body: append([]byte("audit(0:0): "), body...)}, nil
}

func (l line) fact() (factBody, error) {
	var f factBody
	_, body, _ := bytes.Cut(l.body, []byte(": "))
	if err := json.Unmarshal(body, &f); err != nil {
		return f, fmt.Errorf("reading a fact: %w", err)
	}
	return f, nil
}

// readRounds passes each round of a recording to use.
func readRounds(r io.Reader, use func(*round) error) error {
	in := bufio.NewReaderSize(r, 1<<20)
	var now round
	var machine bpf.Machine
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // a round without its end was cut short
		}
		if err != nil {
			return fmt.Errorf("reading the recording: %w", err)
		}
		l, err := parseLine(bytes.TrimSuffix(text, []byte{'\n'}))
		if err != nil {
			return fmt.Errorf("line %d of the recording: %w", n, err)
		}
		switch l.typ {
		case bpf.Line:
			told, ok := bpf.Of(l.body)
			if !ok { // it stands at the head
				_, body, _ := bytes.Cut(l.body, []byte(": "))
				if err := json.Unmarshal(body, &machine); err != nil {
					return fmt.Errorf("line %d of the recording: %w", n, err)
				}
				now.facts = append(now.facts, l)
				continue
			}
			l.group, l.execution = "line "+strconv.Itoa(n), told.Execution
			l.life.PID, l.life.TimeNS = told.PID, told.BootNS+machine.Offset
			now.records = append(now.records, l)
		case recording.RoundLine:
			if err := use(&now); err != nil {
				return err
			}
			now = round{}
		case recording.FactLine:
			now.facts = append(now.facts, l)
		case recording.LifecycleLine:
			if l.life.Kind == collectors.Forked {
				now.forks = append(now.forks, l)
			} else {
				now.rest = append(now.rest, l)
			}
		default:
			now.records = append(now.records, l)
		}
	}
}

func parseLine(text []byte) (line, error) {
	typ, body, ok := strings.Cut(string(text), " msg=")
	typ, named := strings.CutPrefix(typ, "type=")
	if !ok || !named {
		return line{}, errors.New("neither a record nor a line of ours")
	}
	l := line{typ: typ, body: []byte(body)}
	switch typ {
	case recording.LifecycleLine:
		var err error
		l.life, err = recording.ParseLifecycle(l.body)
		return l, err
	case recording.FactLine, recording.RoundLine:
	default:
		l.group, _, _ = strings.Cut(body, ": ")
	}
	return l, nil
}

func (r *round) empty() bool { return len(r.facts)+len(r.forks)+len(r.records)+len(r.rest) == 0 }

// writeTo writes the round as a recording holds it, nothing if it is empty.
func (r *round) writeTo(w io.Writer) error {
	if r.empty() {
		return nil
	}
	for _, lines := range [][]line{r.facts, r.forks, r.records, r.rest} {
		for _, l := range lines {
			if _, err := fmt.Fprintln(w, l); err != nil {
				return err
			}
		}
	}
	_, err := io.WriteString(w, "type="+recording.RoundLine+" msg=audit(0:0): {}\n")
	return err
}

// field gives the value of a record's field, "" if it has none.
func field(body []byte, name string) string {
	_, rest, ok := bytes.Cut(body, []byte(" "+name+"="))
	if !ok {
		return ""
	}
	end := bytes.IndexByte(rest, ' ')
	if end < 0 {
		end = len(rest)
	}
	return string(rest[:end])
}

func pidField(body []byte, name string) int64 {
	n, err := strconv.ParseInt(field(body, name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// filter leaves of a recording what descends from one process, the driver. A recording holds the whole machine: what
// else runs there is nobody's business and would make its detections fire.
type filter struct {
	// recorder is our own process, which a recording calls the shell that started the driver.
	recorder, driver int64
	// users are the ids whose names may be told, besides the system's below 1000.
	users []int64

	tracked map[int64]bool
	groups  map[string]bool // verdict on a group of records, which may reach into the next round
	foreign string          // container of the recorder itself
	dropped int             // lines
}

func newFilter(recorder, driver int, users ...int64) *filter {
	return &filter{
		recorder: int64(recorder), driver: int64(driver), users: append([]int64{65534}, users...),
		tracked: make(map[int64]bool), groups: make(map[string]bool),
	}
}

// round drops what is foreign from a round.
func (f *filter) round(r *round) error {
	before := len(r.facts) + len(r.forks) + len(r.records) + len(r.rest)
	r.forks = slices.DeleteFunc(r.forks, func(l line) bool { return !f.fork(&l.life) })
	facts := r.facts[:0]
	for _, l := range r.facts {
		kept, ok, err := f.fact(l)
		if err != nil {
			return err
		}
		if ok {
			facts = append(facts, kept)
		}
	}
	r.facts = facts
	f.judge(r.records)
	r.records = slices.DeleteFunc(r.records, func(l line) bool { return !f.groups[l.group] || f.strange(l) })
	r.rest = slices.DeleteFunc(r.rest, func(l line) bool { return !f.tracked[l.life.PID] })
	for i := range r.rest {
		// A tracer is told by its number only.
		if m := &r.rest[i].life; m.Kind == collectors.Traced && m.PPID != 0 && !f.tracked[m.PPID] {
			r.rest[i].typ = ""
		}
	}
	r.rest = slices.DeleteFunc(r.rest, func(l line) bool { return l.typ == "" })
	f.dropped += before - (len(r.facts) + len(r.forks) + len(r.records) + len(r.rest))
	return nil
}

// fork tells whether a new process descends from the driver. A pid is followed until another process gets it: records of
// one that has ended may still come.
func (f *filter) fork(m *collectors.Lifecycle) bool {
	own := f.tracked[m.PPID] || m.PPID == f.recorder && m.PID == f.driver
	if own {
		f.tracked[m.PID] = true
	} else {
		delete(f.tracked, m.PID)
	}
	return own
}

// judge decides about the groups of records that a round begins: by the process of their SYSCALL record, or of the only
// record where there is none, as of a message that a program sends itself.
func (f *filter) judge(records []line) {
	for _, l := range records {
		if l.leads() {
			f.groups[l.group] = f.tracked[l.pid()]
		}
	}
	for _, l := range records {
		if _, known := f.groups[l.group]; !known {
			f.groups[l.group] = f.tracked[l.pid()]
		}
	}
}

// strange tells whether a record of ours speaks of a process that is not.
func (f *filter) strange(l line) bool {
	return l.typ == "OBJ_PID" && !f.tracked[pidField(l.body, "opid")]
}

func (f *filter) fact(l line) (line, bool, error) {
	if l.typ == bpf.Line {
		return l, true, nil
	}
	x, err := l.fact()
	if err != nil {
		return l, false, err
	}
	switch x.Fact {
	case "boot":
		l, err = newFact("boot", "", madeUpBoot)
		return l, true, err
	case "walk":
		l, err = f.walk(x.Value)
		return l, true, err
	case "user":
		uid, err := strconv.ParseInt(x.Key, 10, 64)
		return l, err == nil && (uid < 1000 || slices.Contains(f.users, uid)), nil
	case "process", "container", "region", "file", "executable", "descriptor", "global_pid":
		first, _, _ := strings.Cut(x.Key, " ")
		if pid, err := strconv.ParseInt(first, 10, 64); err != nil || !f.tracked[pid] {
			return l, false, err
		}
		// The machine that is recorded may be a container itself.
		return l, f.foreign == "" || !bytes.Contains(x.Value, []byte(f.foreign)), nil
	}
	return l, false, fmt.Errorf("fact %q is not known here: say in scripts/record which of them are foreign", x.Fact)
}

// walk leaves of the processes at the start init and a shell in the recorder's place.
func (f *filter) walk(value []byte) (line, error) {
	var all, kept []collectors.ProcessFacts
	if err := json.Unmarshal(value, &all); err != nil {
		return line{}, fmt.Errorf("reading the processes at the start: %w", err)
	}
	for _, p := range all {
		if p.PID == f.recorder {
			f.foreign = p.ID
		}
		switch p.PID {
		case 1:
			p.Path, p.Cmdline, p.Comm = "/usr/lib/systemd/systemd", "/sbin/init", "systemd"
		case f.recorder:
			p.Path, p.Cmdline, p.Comm, p.PPID = "/usr/bin/bash", "-bash", "bash", 1
		default:
			continue
		}
		p.CWD, p.TTY, p.Container = "/", "", collectors.Container{}
		p.ExeUID, p.ExeMode = 0, 0o100755
		kept = append(kept, p)
	}
	if len(kept) < 2 {
		return line{}, errors.New("the recording does not show the process that made it: it began too late")
	}
	return newFact("walk", "", kept)
}

// owners adds whom an executable belongs to where a recording first shows it. The pump asks the system once for each
// executable, and may have done so for a process that is foreign here.
type owners struct {
	stat func(path string) (collectors.FileFacts, bool)
	told map[string]bool
}

func (o *owners) round(r *round) error {
	for _, l := range r.records {
		exe := strings.Trim(field(l.body, "exe"), `"`)
		if l.typ != "SYSCALL" || !strings.HasPrefix(exe, "/usr/") || o.told[exe] {
			continue
		}
		if o.told == nil {
			o.told = make(map[string]bool)
		}
		o.told[exe] = true
		known, ok := o.stat(exe)
		if !ok {
			continue
		}
		fact, err := newFact("file", field(l.body, "pid")+" "+exe, struct {
			Value collectors.FileFacts `json:"value"`
			OK    bool                 `json:"ok"`
		}{known, true})
		if err != nil {
			return err
		}
		r.facts = append(r.facts, fact)
	}
	return nil
}
