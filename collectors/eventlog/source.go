// Package eventlog is a source over a recorded event log of Windows: package form reads its records, package meaning says which
// events they are, and package live subscribes to the logs of this machine.
package eventlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

// recordsARound bounds what one round takes in, so that a replay's memory does not grow with the log.
const recordsARound = 256

// Mapper says which events records are.
type Mapper interface {
	// Map hands over the events of a record, which is lent.
	Map(r *form.Record, sink collectors.Sink)
	// Flush hands over what still waits for other records.
	Flush(sink collectors.Sink)
	// Counts tells how many events were handed over, and how many of them lack a part.
	Counts() (drafts, incomplete uint64)
}

// File is a source over an event log of any form. The log is read while it is decoded, because a reader lends its records.
type File struct {
	path   string
	name   string
	file   *form.File
	mapper Mapper
	wake   func()

	mu                 sync.Mutex
	Stats              form.Stats
	drafts, incomplete uint64
	err                error
	told               bool // err was returned by Read
	ended              bool
}

// NewFile makes a source of a file.
func NewFile(path string) *File { return NewFileOf(path, "eventlog", new(meaning.Mapper)) }

// NewFileOf makes a source of a file whose records a collector of another name gives their meaning.
func NewFileOf(path, collector string, mapper Mapper) *File {
	return &File{path: path, name: collector, mapper: mapper}
}

// Name implements [collectors.Source], as do the other methods.
func (s *File) Name() string { return s.name }

// Open opens the log and tells its form.
func (s *File) Open(_ context.Context, wake func()) error {
	f, err := form.Open(s.path)
	if err != nil {
		return err
	}
	s.file, s.wake = f, wake
	wake()
	return nil
}

// Read says whether anything is left; Decode takes it in. An error of the input is returned once.
func (s *File) Read() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil && !s.told {
		s.told = true
		s.wake()
		return fmt.Errorf("reading event log %s: %w: what stands before is used", s.path, s.err)
	}
	if s.ended || s.file == nil {
		return io.EOF
	}
	return nil
}

// Decode hands over the events of the next records.
func (s *File) Decode(sink collectors.Sink) {
	if s.ended || s.file == nil {
		return
	}
	var err error
	for range recordsARound {
		var r *form.Record
		if r, err = s.file.Next(); err != nil {
			s.mapper.Flush(sink)
			break
		}
		s.mapper.Map(r, sink)
	}
	s.mu.Lock()
	s.Stats = s.file.Stats()
	s.drafts, s.incomplete = s.mapper.Counts()
	if err != nil {
		s.ended = true
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
	}
	s.mu.Unlock()
	s.wake()
}

// Health says what was read and what was wrong with it.
func (s *File) Health() []collectors.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &s.Stats
	h := collectors.Health{
		Collector: s.name, Item: "file:" + s.path, State: "ok", Received: st.Records, Decoded: s.drafts, Lost: st.Damaged + st.Refused,
		Detail: fmt.Sprintf("form=%s bytes=%d damaged=%d damaged_chunks=%d refused=%d skipped=%d skipped_bytes=%d local_times=%d "+
			"incomplete_scripts=%d",
			st.Form, st.Bytes, st.Damaged, st.DamagedChunks, st.Refused, st.Skipped, st.SkippedBytes, st.Local, s.incomplete),
	}
	var why []string
	if s.err != nil {
		why = append(why, s.err.Error())
	}
	if st.Refused > 0 {
		why = append(why, fmt.Sprintf("events left out, because they lack what an event must have: %d", st.Refused))
	}
	if st.Local > 0 {
		why = append(why, fmt.Sprintf("times of a clock whose zone nothing tells, read as UTC: %d", st.Local))
	}
	if st.Skipped > 1 {
		why = append(why, fmt.Sprintf("%d documents are no event-log records", st.Skipped))
	}
	if st.SkippedBytes > 0 {
		why = append(why, fmt.Sprintf("%d bytes belong to no record", st.SkippedBytes))
	}
	for _, err := range st.Errors {
		why = append(why, err.Error())
	}
	if len(why) > 0 {
		h.State, h.Reason = "degraded", strings.ReplaceAll(strings.Join(why[:min(len(why), 8)], "; "), "\n", " ")
	}
	return []collectors.Health{h}
}

// Close closes the log.
func (s *File) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
