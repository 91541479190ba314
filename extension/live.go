package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/apiwatch/apiwatch/extension/osquerytables"
)

// liveEngine joins this machine's feeds.
func liveEngine(f *liveFlags, logger *slog.Logger) (*engine, error) {
	var recorded io.Writer
	var closers []io.Closer
	if f.Record != "" {
		w, err := newRecording(f.Record)
		if err != nil {
			return nil, err
		}
		recorded = w
		closers = append(closers, w)
	}
	feeds, err := liveFeeds(f, recorded, logger)
	if err != nil {
		return nil, err
	}
	feeds.storeEvents, feeds.tuningFile, feeds.platforms = f.StoreEvents, f.Tuning, []string{platform()}
	feeds.tables = osquerytables.All()
	if feeds.firstEID, err = eidBase(f.StateDir); err != nil {
		logger.Warn("event ids of this run may overlap those of a later one if the clock is set back", "error", err)
	}
	e, err := newEngine(feeds, logger)
	if err != nil {
		return nil, err
	}
	e.closers = closers
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

// collecting runs a live engine beside f.
func collecting(ctx context.Context, e *engine, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- e.collect(ctx) }()
	err := f(ctx)
	cancel()
	if collectErr := <-done; err == nil {
		err = collectErr
	}
	e.close()
	return err
}
