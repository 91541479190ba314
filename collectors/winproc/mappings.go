package winproc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Mapping is one suspicious region of a process's memory.
type Mapping struct {
	Process *event.Process
	Region  Region
	Kind    string
	File    string // what it maps, with a drive letter; "" if nothing that has a name
	// Resident and Private are bytes in memory and, of these, such as only this process has; -1 where not asked for.
	Resident, Private int64
}

// Bounds of what is looked at in one process.
const (
	maxMappings = 2_000
	maxRegions  = 200_000
	pagesAtOnce = 512
)

// Mappings scans memory and yields the suspicious regions, ascending by pid and address. With pages it counts their bytes.
func (h *Host) Mappings(ctx context.Context, q Query, pages bool) iter.Seq[Mapping] {
	missing := make(map[string]bool) // what was asked of files: most images are in many processes
	return scan(ctx, h, itemMappings, q, true, func(ctx context.Context, s *scanned) ([]Mapping, error) {
		var out []Mapping
		f := &files{s: s, missing: missing}
		err := regions(ctx, s, func(r *Region) error {
			m, ok := f.suspicious(ctx, r, pages)
			if !ok {
				return nil
			}
			if len(out) == maxMappings {
				return fmt.Errorf("%w: more than %d suspicious mappings", errTooMany, maxMappings)
			}
			m.Process = s.snapshot()
			out = append(out, m)
			return nil
		})
		return out, err
	})
}

// regions visits the executable regions of a process, ascending by address.
func regions(ctx context.Context, p Process, visit func(*Region) error) error {
	var address uint64
	for n := range maxRegions {
		if n%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r, err := p.Region(address)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading memory at %#x: %w", address, err)
		}
		if r.End() <= address {
			return nil // the last region ends where addresses do
		}
		address = r.End()
		if !r.executable() {
			continue
		}
		if err := visit(&r); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: more than %d regions", errTooMany, maxRegions)
}

// files knows what is mapped in one process, so that an image of many regions is asked for once.
type files struct {
	s       *scanned
	missing map[string]bool // by device path
	last    uint64          // allocation base of the last answer, 0 for none
	name    string          // device form
	err     error

	addresses [pagesAtOnce]uint64
	states    [pagesAtOnce]PageState
}

func (f *files) file(r *Region) (string, error) {
	if r.Type != memImage && r.Type != memMapped {
		return "", nil
	}
	if f.last == 0 || f.last != r.AllocationBase {
		f.last = r.AllocationBase
		f.name, f.err = f.s.File(r.Base)
	}
	return f.name, f.err
}

// nameless tells whether a mapped region has surely no file that a person could find: none at all, or one that is gone.
func (f *files) nameless(name string, err error) bool {
	if err != nil {
		return !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errors.ErrUnsupported)
	}
	if name == "" || !onDisk(name) {
		return name == ""
	}
	gone, ok := f.missing[name]
	if !ok {
		gone = f.s.host.sys.Missing(name)
		f.missing[name] = gone
	}
	return gone
}

func (f *files) suspicious(ctx context.Context, r *Region, pages bool) (Mapping, bool) {
	name, err := f.file(r)
	m := Mapping{Region: *r, Kind: r.kind(), File: f.s.host.path(name), Resident: -1, Private: -1}
	if m.Kind == "" && f.nameless(name, err) {
		m.Kind = KindDeleted
		if r.Type == memMapped && name == "" {
			m.Kind = KindAnonymous // a section of the paging file: memory shared without a file
		}
	}
	if m.Kind == "" && r.Type == memImage {
		if _, private, ok := f.count(ctx, r, pages); ok && private > 0 {
			m.Kind = KindModified
		}
	}
	if m.Kind == "" {
		return m, false
	}
	if pages {
		if resident, private, ok := f.count(ctx, r, true); ok {
			m.Resident, m.Private = resident*pageSize, private*pageSize
		}
	}
	return m, true
}

// count gives the pages of a region that are in memory and, of these, the private ones. Unless all are wanted it stops at
// the first private one.
func (f *files) count(ctx context.Context, r *Region, all bool) (resident, private int64, ok bool) {
	for at := r.Base; at < r.End() && ctx.Err() == nil; {
		n := 0
		for ; n < pagesAtOnce && at < r.End(); n++ {
			f.addresses[n] = at
			at += pageSize
		}
		if err := f.s.Pages(f.addresses[:n], f.states[:n]); err != nil {
			return 0, 0, false
		}
		for _, s := range f.states[:n] {
			if s.Resident() {
				resident++
			}
			if s.Private() {
				private++
			}
		}
		if private > 0 && !all {
			break
		}
	}
	return resident, private, true
}
