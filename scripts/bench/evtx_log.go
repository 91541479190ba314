package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// windowsLog writes recordings of ordinary work on Windows as one .evtx of at least so many records and bytes: again and again, each
// time later, by other processes and sessions, with the next record numbers. It gives how many records and bytes they are.
func windowsLog(root, path string, records int, size int64) (written int, bytes int64, err error) {
	seed, err := windowsRecords(root)
	if err != nil {
		return 0, 0, err
	}
	file, err := os.Create(path)
	if err != nil {
		return 0, 0, fmt.Errorf("making a log: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w, err := NewEVTXWriter(file)
	if err != nil {
		return 0, 0, err
	}
	first, last := seed[0].TimeNS, seed[0].TimeNS
	for i := range seed {
		first, last = min(first, seed[i].TimeNS), max(last, seed[i].TimeNS)
	}
	for pass := 0; written < records || bytes < size; pass++ {
		for i := range seed {
			written++
			r := seed[i]
			r.RecordID = uint64(written)
			later := time.Duration(pass) * (time.Duration(last-first) + time.Minute)
			r.TimeNS += int64(later)
			r.Fields = anotherPass(r.Fields, pass, later)
			if err := w.Write(&r); err != nil {
				return 0, 0, err
			}
		}
		info, err := file.Stat()
		if err != nil {
			return 0, 0, fmt.Errorf("making a log: %w", err)
		}
		bytes = info.Size()
	}
	return written, bytes, w.Close()
}

// windowsRecords reads the recordings, of all machines in the order of time, as a collector's log has them.
func windowsRecords(root string) ([]form.Record, error) {
	paths, err := filepath.Glob(filepath.Join(root, "testdata", "benign", "windows-*.eventlog.xml.gz"))
	if err != nil {
		return nil, fmt.Errorf("finding recordings: %w", err)
	}
	var out []form.Record
	for _, path := range paths {
		f, err := form.Open(path)
		if err != nil {
			return nil, err
		}
		err = form.Each(f, func(r *form.Record) bool {
			kept := *r
			kept.Fields = slices.Clone(r.Fields)
			out = append(out, kept)
			return true
		})
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("testdata/benign holds no recording of Windows")
	}
	slices.SortStableFunc(out, func(a, b form.Record) int { return int(a.TimeNS - b.TimeNS) })
	return out, nil
}

// anotherPass gives the fields with later times, and with identifiers of processes and logon sessions that no other pass has.
func anotherPass(fields []form.Field, pass int, later time.Duration) []form.Field {
	const stamp = "2006-01-02 15:04:05.000"
	out := slices.Clone(fields)
	for i := range out {
		f := &out[i]
		name := strings.ToLower(f.Name)
		switch {
		case strings.HasSuffix(name, "processguid") && len(f.Value) == 38:
			f.Value = f.Value[:15] + fmt.Sprintf("%04x", pass) + f.Value[19:]
		case strings.HasSuffix(name, "logonid") && len(f.Value) > len("0x3e7"):
			f.Value = fmt.Sprintf("0x%x%s", pass+1, f.Value[2:])
		case strings.HasSuffix(name, "utctime"):
			if at, err := time.Parse(stamp, f.Value); err == nil {
				f.Value = at.Add(later).Format(stamp)
			}
		}
	}
	return out
}
