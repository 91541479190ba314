// Package journal keeps findings in a file of the state folder, so that none is lost with the process.
package journal

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// Journal is written as soon as something is found, and is on the disk within a second.
type Journal struct {
	dir  string
	held func() []*event.Event // what the file is made of anew when it has grown

	mu    sync.Mutex
	file  *os.File
	size  int64
	dirty bool
	err   error
	stop  chan struct{}
	done  chan struct{}
}

const (
	name = "findings.jsonl"
	// maxSize is from where on the file is written anew, with what `findings` shows, in bytes.
	maxSize = 16 << 20
	// maxEntry bounds one finding, in bytes; a longer one is in memory only, and counted as an error.
	maxEntry = 1 << 20
	syncEach = 500 * time.Millisecond
)

// entry is a finding as the journal has it.
type entry struct {
	EID       int64
	TimeNS    int64
	LogSource *event.LogSource `json:",omitempty"`
	Host      *event.Host      `json:",omitempty"`
	Subject   *event.Subject   `json:",omitempty"`
	Process   *event.Process   `json:",omitempty"`
	Target    *event.Process   `json:",omitempty"`
	Path      string           `json:",omitempty"`
	API       string           `json:",omitempty"`
	Finding   *event.Finding   `json:",omitempty"`
	// Raw holds all of it (encoding/gob) where a text is no UTF-8, which JSON cannot write.
	Raw []byte `json:",omitempty"`
}

// Read gives what runs before this one found, in the order of their ids, each of which is below before. Lines that cannot be read
// are left out; the error says so, and what else is wrong.
func Read(dir string, before int64) ([]event.Event, error) {
	f, err := statefile.Open(dir, name, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the findings of earlier runs: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 2*maxSize { // not what we left there
		_, _ = f.Seek(-2*maxSize, io.SeekEnd)
	}
	out, err := read(f, before)
	if err != nil {
		err = fmt.Errorf("reading the findings of earlier runs from %s: %w", f.Name(), err)
	}
	return out, err
}

// read is Read of what a file holds.
func read(r io.Reader, before int64) (out []event.Event, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEntry+1)
	last, bad := int64(0), 0
	for lines.Scan() {
		var e entry
		err := json.Unmarshal(lines.Bytes(), &e)
		if err == nil && e.Raw != nil {
			err = gob.NewDecoder(bytes.NewReader(e.Raw)).Decode(&e)
		}
		if err != nil || e.Finding == nil || e.EID <= last || e.EID >= before {
			bad++
			continue
		}
		last = e.EID
		out = append(out, e.event())
	}
	err = lines.Err()
	if bad > 0 {
		err = errors.Join(err, fmt.Errorf("%d lines are no findings: the machine may have stopped while they were written", bad))
	}
	return out, err
}

func (e *entry) event() event.Event {
	out := event.Event{
		Kind: event.KindFinding, EID: e.EID, TimeNS: e.TimeNS, LogSource: e.LogSource, Host: e.Host, Subject: e.Subject, Process: e.Process,
		Target: e.Target, Path: e.Path, Detail: e.Finding,
	}
	if e.API != "" {
		out.API = event.APINamed(e.API)
	}
	return out
}

func entryOf(e *event.Event) (*entry, bool) {
	d, ok := e.Detail.(*event.Finding)
	if !ok {
		return nil, false
	}
	out := &entry{
		EID: e.EID, TimeNS: e.TimeNS, LogSource: e.LogSource, Host: e.Host, Subject: e.Subject, Process: e.Process, Target: e.Target,
		Path: e.Path, Finding: d,
	}
	if e.API != nil {
		out.API = e.API.Name
	}
	return out, true
}

// Open goes on with the file, which it first makes anew of what held gives. held is asked again when the file has grown.
func Open(dir string, held func() []*event.Event) (*Journal, error) {
	j := &Journal{dir: dir, held: held, stop: make(chan struct{}), done: make(chan struct{})}
	if err := j.rewrite(); err != nil {
		return nil, err
	}
	go j.sync()
	return j, nil
}

// Add writes a finding.
func (j *Journal) Add(e *event.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	line, err := lineOf(e)
	if err == nil && j.size+int64(len(line)) > maxSize {
		err = j.rewrite() // the finding is among what is held
		line = nil
	}
	if err == nil && j.file != nil && line != nil {
		_, err = j.file.Write(line)
		j.size += int64(len(line))
		j.dirty = true
	}
	if err != nil {
		j.err = fmt.Errorf("writing a finding to the journal: %w", err)
	}
}

func lineOf(e *event.Event) ([]byte, error) {
	x, ok := entryOf(e)
	if !ok {
		return nil, nil
	}
	line, err := json.Marshal(x)
	if err == nil && bytes.Contains(line, []byte(`\ufffd`)) {
		var raw bytes.Buffer
		if err = gob.NewEncoder(&raw).Encode(x); err == nil {
			line, err = json.Marshal(&entry{EID: x.EID, TimeNS: x.TimeNS, Raw: raw.Bytes()})
		}
	}
	if err == nil && len(line) > maxEntry {
		err = fmt.Errorf("%s of %s has %d bytes, more than %d", x.Finding.ID, x.Finding.Detection, len(line), maxEntry)
	}
	return append(line, '\n'), err
}

// rewrite makes the file of what is held now: the newest, as many as fit in half of its bound.
func (j *Journal) rewrite() error {
	held := j.held()
	var lines [][]byte
	size := 0
	for _, e := range slices.Backward(held) {
		line, err := lineOf(e)
		if err != nil {
			continue
		}
		if size+len(line) > maxSize/2 {
			break
		}
		size += len(line)
		lines = append(lines, line)
	}
	data := make([]byte, 0, size)
	for _, line := range slices.Backward(lines) {
		data = append(data, line...)
	}
	if err := statefile.Replace(j.dir, name, data); err != nil {
		return fmt.Errorf("writing the journal of findings: %w", err)
	}
	f, err := statefile.Open(j.dir, name, os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return fmt.Errorf("writing the journal of findings: %w", err)
	}
	if j.file != nil {
		_ = j.file.Close()
	}
	j.file, j.size, j.dirty = f, int64(len(data)), false
	return nil
}

// sync brings what was written to the disk.
func (j *Journal) sync() {
	defer close(j.done)
	tick := time.NewTicker(syncEach)
	defer tick.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-tick.C:
			j.flush()
		}
	}
}

func (j *Journal) flush() {
	j.mu.Lock()
	f, dirty := j.file, j.dirty
	j.dirty = false
	j.mu.Unlock()
	if !dirty {
		return
	}
	if err := f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // closed: written anew meanwhile
		j.mu.Lock()
		j.err = fmt.Errorf("writing the journal of findings to the disk: %w", err)
		j.mu.Unlock()
	}
}

// Err tells what went wrong last, nil if nothing did.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Close writes what is left to the disk.
func (j *Journal) Close() error {
	close(j.stop)
	<-j.done
	j.flush()
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(j.err, j.file.Close())
}
