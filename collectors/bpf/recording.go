package bpf

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
)

// Format is a recording of ours of what the programs told.
var Format = collectors.Format{
	Name: "recording of eBPF", Platforms: []string{"linux"}, Recognise: recognise,
	Open: func(path string, facts collectors.Facts) collectors.Source {
		f := &file{File: audit.NewFile(path), decoder: NewDecoder(nil), path: path}
		f.Facts = facts
		f.Other = f.line
		return f
	},
}

// recognise finds the line with which such a recording begins.
func recognise(head []byte) bool { return bytes.HasPrefix(head, []byte("type="+Line+" msg=")) }

// file is a source over a recording. Its lines are those of audit's recordings but for ours.
type file struct {
	*audit.File
	decoder *Decoder
	path    string
}

// Name implements [collectors.Source], as do the others that audit's file does not.
func (f *file) Name() string { return "ebpf" }

// Decode hands over the events of what Read took in.
func (f *file) Decode(sink collectors.Sink) {
	f.decoder.Sink = sink
	f.File.Decode(sink)
}

func (f *file) line(typ string, body []byte) error {
	if typ != Line {
		return nil
	}
	return f.decoder.line(body)
}

// Health says what was read and what was wrong with it.
func (f *file) Health() []collectors.Health {
	out := f.File.Health()
	d := f.decoder.Stats()
	h := &out[0]
	h.Collector, h.Item, h.Received, h.Decoded, h.Detail = f.Name(), "file:"+f.path, d.Records, d.Events, d.String()
	h.Lost += d.Malformed
	return out
}

// Line is the type of a recording's lines that hold what the programs told: a record in base64, or in JSON what [Machine] says.
const Line = "APIWATCH_BPF"

// stamp stands where a record of audit bears its time: these bear it in themselves.
const stamp = "audit(0:0): "

// Recorded gives a record as a recording has it.
func Recorded(record []byte) []byte {
	b := append(make([]byte, 0, len(stamp)+base64.StdEncoding.EncodedLen(len(record))), stamp...)
	return base64.StdEncoding.AppendEncode(b, record)
}

// RecordedMachine likewise gives what the records do not say.
func RecordedMachine(m Machine) []byte {
	b, err := json.Marshal(m)
	if err != nil { // numbers always marshal
		return nil
	}
	return append([]byte(stamp), b...)
}

// Told is of which process a line is, when, and whether it tells that the process was executed.
type Told struct {
	PID, BootNS int64
	Execution   bool
}

// Of looks at the body of a line; false if it is damaged or says what [Machine] does.
func Of(body []byte) (Told, bool) {
	body, ok := bytes.CutPrefix(body, []byte(stamp))
	raw, err := base64.StdEncoding.AppendDecode(nil, body)
	r := record(raw)
	if !ok || err != nil || !r.whole() {
		return Told{}, false
	}
	return Told{PID: r.pid(), BootNS: r.bootNS(), Execution: r.kind() == recordExec}, true
}

var errLine = errors.New("a line of a recording of eBPF is damaged")

// line takes the body of such a line.
func (d *Decoder) line(body []byte) error {
	body, ok := bytes.CutPrefix(body, []byte(stamp))
	switch {
	case !ok:
		return errLine
	case bytes.HasPrefix(body, []byte{'{'}):
		var m Machine
		if err := json.Unmarshal(body, &m); err != nil {
			return fmt.Errorf("%w: %w", errLine, err)
		}
		d.Machine = m
		return nil
	}
	raw, err := base64.StdEncoding.AppendDecode(d.raw[:0], body)
	if d.raw = raw; err != nil {
		return fmt.Errorf("%w: %w", errLine, err)
	}
	d.Record(raw)
	return nil
}
