package queries

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// TuningRow is one value of one element, a row of `detection_tuning`.
type TuningRow struct {
	Analytic   string
	Element    *Element // shared by its rows
	Value      string
	Overridden bool // the element's values come from the override file
}

// Tuning holds the values of every analytic's elements: the defaults, and over them what the override file says. A file
// that is wrong anywhere changes nothing: the last good values stay. It is safe for concurrent use.
//
// The override file is YAML. An element's value takes the place of the default; with a + before its name it is added to
// a list:
//
//	AN0579:
//	  TimeWindowBetweenPtraceAndMemoryWrite: 30
//	  +InvokerBinaryAllowlist: [/opt/dbg/bin/rr]
type Tuning struct {
	file       string
	detections []Detection
	rows       atomic.Pointer[[]TuningRow]

	mu     sync.Mutex // the rest is Reload's
	last   fs.FileInfo
	readAt time.Time
	err    error
}

// NewTuning gives the defaults of ds; file names the override file, "" for none. Call [Tuning.Reload] to read it.
func NewTuning(ds []Detection, file string) *Tuning {
	t := &Tuning{file: file, detections: slices.Clone(ds)}
	slices.SortFunc(t.detections, func(a, b Detection) int { return cmp.Compare(a.ID, b.ID) })
	rows := t.with(nil)
	t.rows.Store(&rows)
	return t
}

// Rows gives every value now, by analytic and in the order of its elements. The slice is shared and must not be changed.
func (t *Tuning) Rows() []TuningRow { return *t.rows.Load() }

// Values gives the values of one element now.
func (t *Tuning) Values(analytic, element string) []string {
	var out []string
	for _, r := range Of(analytic, t.Rows()) {
		if r.Element.Name == element {
			out = append(out, r.Value)
		}
	}
	return out
}

// Of gives an analytic's rows of those that [Tuning.Rows] gives.
func Of(analytic string, rows []TuningRow) []TuningRow {
	first, _ := slices.BinarySearchFunc(rows, analytic, func(r TuningRow, id string) int { return strings.Compare(r.Analytic, id) })
	n := slices.IndexFunc(rows[first:], func(r TuningRow) bool { return r.Analytic != analytic })
	if n < 0 {
		return rows[first:]
	}
	return rows[first : first+n]
}

// Window gives how far an analytic looks back now, in seconds.
func (t *Tuning) Window(d *Detection) int64 {
	if n, ok := number(d.Window); ok {
		return n
	}
	for _, v := range t.Values(d.ID, d.Window) {
		if n, ok := number(v); ok {
			return n
		}
	}
	return 0
}

// racy is how long after a file's change another change may leave the same modification time and size.
const racy = 2 * time.Second

// Reload reads the override file if it changed since the last call, and tells whether values changed. Call it every few
// seconds: while nothing changed it costs one stat. A missing file means the defaults. An error is returned once, when it
// is found, and by [Tuning.Err] as long as it lasts.
func (t *Tuning) Reload() (changed bool, err error) {
	if t.file == "" {
		return false, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	info, err := os.Stat(t.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if t.last == nil && t.err == nil {
			return false, nil // as the last time: making all rows again takes milliseconds
		}
		t.last, t.err = nil, nil
		return t.store(nil), nil
	case err != nil:
		return false, t.failed(fmt.Errorf("reading tuning: %w", err))
	case t.last != nil && os.SameFile(info, t.last) && info.Size() == t.last.Size() &&
		info.ModTime().Equal(t.last.ModTime()) && t.readAt.Sub(info.ModTime()) > racy:
		return false, nil
	}
	t.last, t.readAt = info, time.Now()
	source, err := read(t.file, info)
	if err != nil {
		return false, t.failed(fmt.Errorf("reading tuning: %w", err))
	}
	values, err := parseOverride(t.file, source, t.detections)
	if err != nil {
		return false, t.failed(fmt.Errorf("reading tuning, the values before stay: %w", err))
	}
	t.err = nil
	return t.store(values), nil
}

// failed keeps an error for Err and gives it unless it was given before.
func (t *Tuning) failed(err error) error {
	if t.err != nil && t.err.Error() == err.Error() {
		return nil
	}
	t.err = err
	return err
}

// Err is what is wrong with the override file, nil if nothing is.
func (t *Tuning) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// maxOverride bounds the override file in bytes.
const maxOverride = 1 << 20

func read(file string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := statefile.Trusted(f); err != nil { // it says what is not reported
		return nil, err
	}
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(f, maxOverride+1)); err != nil {
		return nil, err
	} else if n > maxOverride {
		return nil, fmt.Errorf("%s is longer than %d bytes", file, maxOverride)
	}
	return b.Bytes(), nil
}

// store takes values and tells whether any differs from what was in force.
func (t *Tuning) store(values override) bool {
	rows, before := t.with(values), t.Rows()
	if slices.Equal(rows, before) {
		return false
	}
	t.rows.Store(&rows)
	return !slices.EqualFunc(rows, before, func(a, b TuningRow) bool { return a.Element == b.Element && a.Value == b.Value })
}

// with gives all rows with some values in the place of defaults.
func (t *Tuning) with(values override) []TuningRow {
	var rows []TuningRow
	for i := range t.detections {
		d := &t.detections[i]
		for j := range d.Tuning {
			e := &d.Tuning[j]
			now, overridden := values[elementOf{d.ID, e.Name}]
			if !overridden {
				now = e.Default
			}
			for _, v := range now {
				rows = append(rows, TuningRow{Analytic: d.ID, Element: e, Value: v, Overridden: overridden})
			}
		}
	}
	return rows
}
