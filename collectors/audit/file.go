package audit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// readChunk is how many bytes one Read takes in: a replay's memory does not grow with the recording.
const readChunk = 256 << 10

// File is a source over audit logs of any machine: an audit.log, a folder with its rotations, or a recording of ours. Gzip is
// told by content. A file that cannot be read is an error of Open; one that ends in rubbish gives what came before.
type File struct {
	// Decoder may be looked at, not called.
	Decoder *Decoder
	// Facts takes the answers that a recording of ours holds; nil for none.
	Facts collectors.Facts
	// Translate turns a line of another form of audit log into lines of audit.log, which it hands to record; nil where the file
	// is one. It is called with nil at the end. An error says what is wrong with a line that was dropped.
	Translate func(line []byte, record func(line []byte)) error

	// Other takes the lines of a recording of ours that hold what another source told, in whose place audit's records, and what the
	// process connector said, count; nil for a recording of audit.
	Other func(typ string, body []byte) error

	path   string
	wake   func()
	files  []string // still to read
	name   string   // being read
	line   int      // of it that was decoded last
	input  io.Reader
	closer io.Closer

	data  []byte // read and not decoded; from done on
	done  int
	eof   bool
	ended bool // Decode has seen the end
	skip  bool // within a line that is too long
	round bool // a recording's round has ended within data

	mu   sync.Mutex
	errs []error
}

// NewFile makes a source of a file or folder.
func NewFile(path string) *File {
	f := &File{path: path}
	f.Decoder = NewDecoder(nil)
	f.Decoder.MaxCmdline = recordedCmdline
	f.Decoder.Foreign = f.foreign
	return f
}

// Name implements [collectors.Source], as do the other methods.
func (f *File) Name() string { return "audit" }

// Open lists the files and opens the first, so that a path that cannot be read is told at once.
func (f *File) Open(_ context.Context, wake func()) error {
	files, err := logFiles(f.path)
	if err != nil {
		return err
	}
	f.files, f.wake = files, wake
	if err := f.next(); err != nil {
		return err
	}
	wake()
	return nil
}

// logFiles gives the logs at a path, the oldest first: a rotation renames audit.log to audit.log.1, and that one to
// audit.log.2.
func logFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening audit log: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("listing audit logs: %w", err)
	}
	age := make(map[string]int)
	var files []string
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), "audit.log")
		if !ok || !e.Type().IsRegular() {
			continue
		}
		rest = strings.TrimPrefix(strings.TrimSuffix(rest, ".gz"), ".")
		n := 0
		if rest != "" {
			if n, err = strconv.Atoi(rest); err != nil || n < 0 {
				continue
			}
		}
		name := filepath.Join(path, e.Name())
		age[name] = n
		files = append(files, name)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("listing audit logs: %s holds no audit.log, audit.log.1, …: name a file instead", path)
	}
	slices.SortStableFunc(files, func(a, b string) int { return age[b] - age[a] })
	return files, nil
}

// next opens the next file.
func (f *File) next() error {
	f.shut()
	name := f.files[0]
	f.files = f.files[1:]
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("opening audit log: %w", err)
	}
	if info, err := file.Stat(); err == nil {
		f.Decoder.Around = info.ModTime()
	}
	buffered := bufio.NewReaderSize(file, 64<<10)
	f.name, f.line, f.input, f.closer = name, 0, buffered, file
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			f.shut()
			return fmt.Errorf("opening audit log %s: %w: is it damaged?", name, err)
		}
		f.input = z
	}
	return nil
}

func (f *File) shut() {
	if f.closer != nil {
		_ = f.closer.Close() // it was only read
	}
	f.input, f.closer = nil, nil
}

// Read takes in the next part of the logs. It returns each file's error once and goes on with the next file.
func (f *File) Read() error {
	if f.round {
		f.wake() // the rest of what was read waits for its own round
		return nil
	}
	if f.eof {
		return io.EOF
	}
	f.data = append(f.data[:0], f.data[f.done:]...)
	f.done = 0
	start := len(f.data)
	f.data = slices.Grow(f.data, readChunk)
	defer f.wake()
	for f.input == nil {
		if len(f.files) == 0 {
			f.eof = true
			return nil
		}
		if err := f.next(); err != nil {
			return f.failed(err)
		}
	}
	var err error
	for n := 0; err == nil && len(f.data) < start+readChunk; {
		n, err = f.input.Read(f.data[len(f.data) : start+readChunk])
		f.data = f.data[:len(f.data)+n]
	}
	if err == nil {
		return nil
	}
	f.shut()
	switch n := len(f.data); { // a line does not go on in the next file
	case n == 0:
		f.skip = false
	case f.data[n-1] != '\n':
		f.data = append(f.data, '\n')
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return f.failed(fmt.Errorf("reading audit log %s: %w: what stands before is used", f.name, err))
}

// Decode hands over the events of what Read took in. Of a recording of ours it goes to the end of one round.
func (f *File) Decode(sink collectors.Sink) {
	f.Decoder.Sink = sink
	f.round = false
	for !f.round {
		rest := f.data[f.done:]
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			if len(rest) > f.longest(rest) {
				if !f.skip {
					f.skip = true
					f.Decoder.oversized()
				}
				f.done = len(f.data)
			}
			break
		}
		f.done += end + 1
		f.line++
		if f.skip {
			f.skip = false
			continue
		}
		f.take(rest[:end])
	}
	if f.eof && !f.round && !f.ended {
		f.ended = true
		if f.Translate != nil {
			_ = f.Translate(nil, f.record)
		}
		f.Decoder.Flush()
	}
}

// longest is how long a line may be.
func (f *File) longest(line []byte) int {
	if f.Translate == nil && bytes.HasPrefix(line, ownLine) {
		return maxOwnLine
	}
	return maxEventLine
}

// What a translator may say of a line instead of that it is broken.
var (
	// ErrOther says that the line is well formed and none of audit's, as those of a shipper's other modules are.
	ErrOther = errors.New("it is no event of audit's")
	// ErrPartly says that its records were handed over, and that something in them could not be read.
	ErrPartly = errors.New("a part of it could not be read")
)

// take decodes a line. What is wrong with it is counted; of another form of log it is also told, with its place.
func (f *File) take(line []byte) {
	if f.Translate == nil {
		f.record(line)
		return
	}
	switch err := f.Translate(line, f.record); {
	case err == nil:
	case errors.Is(err, ErrOther):
		f.Decoder.n.records.Add(1)
		f.Decoder.n.other.Add(1)
	case errors.Is(err, ErrPartly):
		f.Decoder.n.incomplete.Add(1)
	default:
		_ = f.Decoder.malformed()
		_ = f.failed(fmt.Errorf("%s, line %d: %w: it is left out", filepath.Base(f.name), f.line, err))
	}
}

func (f *File) record(line []byte) { _ = f.Decoder.Line(line) }

// maxEventLine is what a line may hold: a record, or a whole event's, with their names.
const maxEventLine = 1 << 20

// maxOwnLine is what a line of our own may hold: all processes of a machine.
const maxOwnLine = recording.MaxLine

var ownLine = []byte("type=APIWATCH_")

// foreign takes the lines that only a recording of ours has.
func (f *File) foreign(typ string, body []byte) {
	var err error
	switch typ {
	case recording.RoundLine:
		f.round = true
	case recording.LifecycleLine:
		if f.Other != nil {
			break
		}
		var m collectors.Lifecycle
		if m, err = recording.ParseLifecycle(body); err == nil && f.Decoder.Sink != nil {
			f.Decoder.Sink.Lifecycle(m)
		}
	case recording.FactLine:
		if f.Facts != nil {
			_, err = f.Facts.Line(typ, body)
		}
	default:
		if f.Other != nil {
			err = f.Other(typ, body)
		}
	}
	if err != nil {
		_ = f.failed(fmt.Errorf("%s: %w", f.name, err))
	}
}

// maxErrors bounds how many errors are kept for Health.
const maxErrors = 16

func (f *File) failed(err error) error {
	f.mu.Lock()
	if len(f.errs) < maxErrors {
		f.errs = append(f.errs, err)
	}
	f.mu.Unlock()
	return err
}

// Health says what was read and what was wrong with it.
func (f *File) Health() []collectors.Health {
	s := f.Decoder.Stats()
	h := collectors.Health{
		Collector: "audit", Item: "file:" + f.path, State: "ok", Received: s.Records, Decoded: s.Events, Lost: s.Lost(),
		Detail: s.String(),
	}
	f.mu.Lock()
	err := errors.Join(f.errs...)
	f.mu.Unlock()
	var reasons []string
	if err != nil {
		reasons = append(reasons, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if unnamed := s.Unnamed(); unnamed != "" {
		reasons = append(reasons, unnamed)
	}
	if reasons != nil {
		h.State, h.Reason = "degraded", strings.Join(reasons, "; ")
	}
	return []collectors.Health{h}
}

// Close closes the file being read.
func (f *File) Close() error {
	f.shut()
	return nil
}
