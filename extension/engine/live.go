package engine

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/statefile"
	"github.com/apiwatch/apiwatch/extension/osquerytables"
)

// Options say what a live engine does.
type Options struct {
	StateDir    string // where former audit settings and the event counter are kept
	Tuning      string // YAML file with tuning overrides
	LinuxFeed   string // what system calls are seen by: auto, ebpf or audit
	AuditShare  string // which rules to add where another program owns kernel audit: low, full or none
	StoreEvents int    // how many events to keep
	StoreBytes  int    // how many bytes of them
	Record      string // file to write what the collectors deliver to; none if empty
	// Resume makes logs go on where the last such run ended: for what runs on, not for one that looks in.
	Resume bool
}

// Live joins this machine's feeds; [Engine.Collect] opens them.
func Live(o *Options, logger *slog.Logger) (*Engine, error) {
	if err := statefile.MakeDir(o.StateDir); errors.Is(err, statefile.ErrUntrusted) {
		return nil, fmt.Errorf("using the state folder: %w", err)
	}
	var recorded io.Writer
	var closers []io.Closer
	if o.Record != "" {
		w, err := newRecording(o.Record)
		if err != nil {
			return nil, err
		}
		recorded = w
		closers = append(closers, w)
	}
	p, err := livePlan(o, recorded, logger)
	if err != nil {
		return nil, err
	}
	p.storeEvents, p.storeBytes, p.tuningFile, p.platforms = o.StoreEvents, o.StoreBytes, o.Tuning, []string{Platform()}
	p.tables, p.clock = osquerytables.All(), time.Now
	if p.firstEID, err = eidBase(o.StateDir); err != nil {
		logger.Warn("event ids of this run may overlap those of a later one if the clock is set back", "error", err)
	}
	e, err := newEngine(p, logger)
	if err != nil {
		return nil, err
	}
	e.closers = closers
	e.recall(o.StateDir, o.Resume)
	e.remember(o.StateDir)
	return e, nil
}

// recordingFile is a file being recorded to, compressed if its name ends in .gz.
type recordingFile struct {
	file *os.File
	gz   *gzip.Writer
	*bufio.Writer
}

func newRecording(path string) (*recordingFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the recording: %w", err)
	}
	r := &recordingFile{file: f, Writer: bufio.NewWriterSize(f, 1<<16)}
	if strings.HasSuffix(path, ".gz") {
		r.gz = gzip.NewWriter(f)
		r.Writer = bufio.NewWriterSize(r.gz, 1<<16)
	}
	return r, nil
}

// Close writes what is left.
func (r *recordingFile) Close() error {
	if err := r.Flush(); err != nil {
		return fmt.Errorf("writing the recording: %w", err)
	}
	if r.gz != nil {
		if err := r.gz.Close(); err != nil {
			return fmt.Errorf("writing the recording: %w", err)
		}
	}
	return r.file.Close()
}

// Collect runs a live engine beside f and closes it.
func (e *Engine) Collect(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- e.collect(ctx) }()
	err := f(ctx)
	cancel()
	if collectErr := <-done; err == nil {
		err = collectErr
	}
	e.Close()
	return err
}
