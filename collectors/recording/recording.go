// Package recording writes down what sources deliver and what the host answered, and answers from it when it is replayed.
package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors"
)

// A recording is an audit.log with some lines of our own between the records, so that any tool for audit logs can read it and
// one decoder reads both. Their type begins with APIWATCH_ and their body is JSON:
//
//	type=APIWATCH_FACT msg=audit(0:0): {"fact":"process","key":"412","value":{…}}     an answer of the Host
//	type=APIWATCH_LIFECYCLE msg=audit(0:0): {"Kind":1,"PID":412,"PPID":400,…}           a message of the process connector
//	type=APIWATCH_ROUND msg=audit(0:0): {}                                             the end of one round of the pump
//
// A fact stands before the records that made the pump ask for it.
const (
	FactLine      = "APIWATCH_FACT"
	LifecycleLine = "APIWATCH_LIFECYCLE"
	RoundLine     = "APIWATCH_ROUND"
)

// Bounds of what a recording may make a replay keep.
const (
	// MaxLine is how long a line may be: one holds all processes of a machine.
	MaxLine = 16 << 20
	// maxFact bounds any other answer, and maxFacts all that are kept, in bytes.
	maxFact  = 256 << 10
	maxFacts = 32 << 20
	// factOverhead is what a fact takes beside its texts.
	factOverhead = 128
)

type fact struct {
	Fact  string          `json:"fact"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// Recorder writes a recording. It is used by the pump's goroutine.
type Recorder struct {
	w                           io.Writer
	facts, forks, records, rest bytes.Buffer
	err                         error
}

// NewRecorder writes to w, one write a round.
func NewRecorder(w io.Writer) *Recorder { return &Recorder{w: w} }

// Record takes one audit record: its type's name or number and its body, "audit(…): …".
func (r *Recorder) Record(typ string, body []byte) { write(&r.records, typ, body) }

// Ahead takes what must stand before the round's records, likewise.
func (r *Recorder) Ahead(typ string, body []byte) { write(&r.facts, typ, body) }

func write(b *bytes.Buffer, typ string, body []byte) {
	b.WriteString("type=")
	b.WriteString(typ)
	b.WriteString(" msg=")
	b.Write(bytes.ReplaceAll(body, []byte{'\n'}, []byte{' '}))
	b.WriteByte('\n')
}

// Lifecycle takes a message of the process connector.
func (r *Recorder) Lifecycle(m collectors.Lifecycle) {
	b := &r.rest
	if m.Kind == collectors.Forked {
		b = &r.forks
	}
	r.line(b, LifecycleLine, m)
}

func (r *Recorder) line(b *bytes.Buffer, typ string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		r.err = fmt.Errorf("encoding %s: %w", typ, err)
		return
	}
	b.WriteString("type=" + typ + " msg=audit(0:0): ")
	b.Write(raw)
	b.WriteByte('\n')
}

// EndRound writes what the round brought.
func (r *Recorder) EndRound() error {
	if r.err != nil {
		return r.err
	}
	n := 0
	for _, b := range []*bytes.Buffer{&r.facts, &r.forks, &r.records, &r.rest} {
		n += b.Len()
		if _, err := r.w.Write(b.Bytes()); err != nil {
			return err
		}
		b.Reset()
	}
	if n == 0 {
		return nil
	}
	_, err := io.WriteString(r.w, "type="+RoundLine+" msg=audit(0:0): {}\n")
	return err
}

// Facts is a [collectors.Host] that answers from a recording. With an Origin it is the other end: it asks the Origin and writes
// each answer down.
type Facts struct {
	Origin   collectors.Host // nil in a replay
	Recorder *Recorder       // nil in a replay
	// Walked is called in a replay when the recording gives the processes of its start.
	Walked func()

	known map[string]json.RawMessage
	bytes int    // of what is known
	over  uint64 // facts that were left out
}

// Line takes a line of a recording: its type and body. It reports whether it was a fact.
func (f *Facts) Line(typ string, body []byte) (bool, error) {
	if typ != FactLine {
		return false, nil
	}
	text := jsonPart(body)
	if len(text) > maxFact && !bytes.HasPrefix(text, []byte(`{"fact":"walk"`)) {
		return true, fmt.Errorf("reading a fact of the recording: it has %d bytes, at most %d are read", len(text), maxFact)
	}
	var x fact
	if err := json.Unmarshal(text, &x); err != nil {
		return true, fmt.Errorf("reading a fact of the recording: %w", err)
	}
	if !f.keep(x.Fact+"\x00"+x.Key, x.Value) {
		if f.over++; f.over > 1 {
			return true, nil
		}
		return true, fmt.Errorf("reading the facts of the recording: they come to more than %d bytes, the rest is left out", maxFacts)
	}
	if x.Fact == "walk" && f.Walked != nil {
		f.Walked()
	}
	return true, nil
}

// keep remembers an answer, and reports false where there is no more room.
func (f *Facts) keep(id string, raw json.RawMessage) bool {
	size := len(id) + len(raw) + factOverhead
	old, had := f.known[id]
	if had {
		size -= len(id) + len(old) + factOverhead
	}
	if f.bytes+size > maxFacts {
		return false
	}
	if f.known == nil {
		f.known = make(map[string]json.RawMessage)
	}
	f.known[id] = raw
	f.bytes += size
	return true
}

// jsonPart skips "audit(0:0): ".
func jsonPart(body []byte) []byte {
	if i := bytes.IndexByte(body, '{'); i >= 0 {
		return body[i:]
	}
	return body
}

// ParseLifecycle reads the body of a [LifecycleLine].
func ParseLifecycle(body []byte) (collectors.Lifecycle, error) {
	var m collectors.Lifecycle
	if err := json.Unmarshal(jsonPart(body), &m); err != nil {
		return m, fmt.Errorf("reading a process message of the recording: %w", err)
	}
	return m, nil
}

// answer gives a fact: from the Origin, writing it down, or from the recording.
func answer[T any](f *Facts, name, key string, ask func(collectors.Host) T) T {
	var v T
	if f.Origin != nil {
		v = ask(f.Origin)
		if f.Recorder != nil {
			f.write(name, key, v)
		}
		return v
	}
	if raw, ok := f.known[name+"\x00"+key]; ok {
		if json.Unmarshal(raw, &v) != nil {
			var zero T
			return zero
		}
	}
	return v
}

// write notes an answer that a replay would not know already: the zero value needs no line.
func (f *Facts) write(name, key string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		f.Recorder.err = fmt.Errorf("encoding fact %s %s: %w", name, key, err)
		return
	}
	id := name + "\x00" + key
	old, had := f.known[id]
	if had && bytes.Equal(old, raw) || !had && reflect.ValueOf(v).IsZero() {
		return
	}
	if !f.keep(id, raw) { // what was written once is written again
		f.known, f.bytes = nil, 0
		f.keep(id, raw)
	}
	f.Recorder.line(&f.Recorder.facts, FactLine, fact{name, key, raw})
}

// maybe is an answer that there may not be.
type maybe[T any] struct {
	Value T    `json:"value"`
	OK    bool `json:"ok"`
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// BootID implements [collectors.Host], as do the other methods.
func (f *Facts) BootID() string {
	if id := answer(f, "boot", "", collectors.Host.BootID); id != "" {
		return id
	}
	return "0"
}

// Walk gives the processes at the recording's start.
func (f *Facts) Walk() []collectors.ProcessFacts { return answer(f, "walk", "", collectors.Host.Walk) }

// Process gives one process.
func (f *Facts) Process(pid int64) (collectors.ProcessFacts, bool) {
	m := answer(f, "process", itoa(pid), func(h collectors.Host) (m maybe[collectors.ProcessFacts]) {
		m.Value,
			m.OK = h.Process(pid)
		return m
	})
	return m.Value, m.OK
}

// Container gives a process's container.
func (f *Facts) Container(pid int64) collectors.Container {
	return answer(f, "container", itoa(pid), func(h collectors.Host) collectors.Container { return h.Container(pid) })
}

// User gives a user's name.
func (f *Facts) User(uid int64) string {
	if name := answer(f, "user", itoa(uid), func(h collectors.Host) string { return h.User(uid) }); name != "" {
		return name
	}
	return collectors.NoHost{}.User(uid)
}

// Region tells what lies at an address.
func (f *Facts) Region(pid int64, address uint64) string {
	return answer(f, "region", itoa(pid)+" "+strconv.FormatUint(address, 16), func(h collectors.Host) string { return h.Region(pid, address) })
}

// File gives a file's metadata.
func (f *Facts) File(pid int64, path string) (collectors.FileFacts, bool) {
	m := answer(f, "file", itoa(pid)+" "+path, func(h collectors.Host) (m maybe[collectors.FileFacts]) {
		m.Value,
			m.OK = h.File(pid, path)
		return m
	})
	return m.Value, m.OK
}

// Executable tells which file a process runs, and which lies under its path.
func (f *Facts) Executable(pid int64, path string) collectors.ExecutableFacts {
	return answer(f, "executable", itoa(pid)+" "+path, func(h collectors.Host) collectors.ExecutableFacts { return h.Executable(pid, path) })
}

// Descriptor gives the path of an open file.
func (f *Facts) Descriptor(pid, fd int64, file collectors.FileID) string {
	return answer(f, "descriptor", itoa(pid)+" "+itoa(fd), func(h collectors.Host) string { return h.Descriptor(pid, fd, file) })
}

// GlobalPID translates a namespace's pid.
func (f *Facts) GlobalPID(caller, pid int64) int64 {
	n := answer(f, "global_pid", itoa(caller)+" "+itoa(pid), func(h collectors.Host) int64 { return h.GlobalPID(caller, pid) })
	if n == 0 {
		return pid
	}
	return n
}
