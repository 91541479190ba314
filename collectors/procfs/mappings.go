package procfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync/atomic"
)

// The kinds of suspicious mapping. Of several that apply the first counts.
const (
	KindRWX       = "rwx"                  // writable and executable, whatever it maps
	KindMemfd     = "memfd_executable"     // executable from a memfd, a file that has no name anywhere
	KindAnonymous = "anonymous_executable" // executable without a file
	KindDeleted   = "deleted_executable"   // executable from a file that was deleted or replaced
	KindModified  = "modified_code"        // executable pages of a file that no longer are the file's
)

const unknownPages = -1

// Paths by which the kernel shows memory that has no name of its own in any directory.
const (
	vdso         = "[vdso]"
	memfdPrefix  = "/memfd:"
	sysvPrefix   = "/SYSV"          // shmat(2)
	devZero      = "/dev/zero"      // shared anonymous memory
	anonHugepage = "/anon_hugepage" // MAP_HUGETLB
)

// Mapping is one suspicious mapping of a process.
type Mapping struct {
	PID         int64
	Start, End  uint64
	Offset      uint64
	Inode       uint64
	Kind        string
	Permissions string // "rwxp"
	Device      string // "08:01"
	Path        string // as maps has it: "/memfd:x (deleted)", "[heap]", "" if anonymous
	// Bytes as smaps counts them, -1 where they were not asked for or not to be had. Anonymous is what no file holds: of
	// a file's mapping, what was written to since.
	Resident, PrivateDirty, Anonymous int64
	// Differing is how many bytes of the vDSO are not those that most processes have there; -1 of other memory, and if unknown.
	Differing int64
	// Personality is the process's execution domain (personality(2)), -1 if it could not be read.
	Personality int64
}

// ReadImpliesExec is the bit of Personality by which memory that may be read may be executed, too.
const ReadImpliesExec = 0x0400000

// Pseudo tells whether the kernel names the region itself, such as [heap].
func (m *Mapping) Pseudo() bool { return m.Inode == 0 && len(m.Path) > 0 && m.Path[0] == '[' }

// MappingQuery is what to look for.
type MappingQuery struct {
	Query
	// Pages asks for Resident, PrivateDirty and Anonymous.
	Pages bool
}

// Mappings scans the mappings of processes, ascending by pid and address, and yields the suspicious ones. It reads maps
// as a stream; smaps only of processes with something to tell of. The status is whole when the iteration has ended;
// iterate once.
func (p *FS) Mappings(ctx context.Context, q MappingQuery) (iter.Seq[Mapping], *ScanStatus) {
	return Scan(ctx, p, "mappings", q.Query, func(ctx context.Context, pid int64, progress *atomic.Uint64) ([]Mapping, error) {
		return p.suspicious(ctx, pid, q.Pages, progress)
	})
}

// suspicious gives the suspicious mappings of one process: what was found before an error, too. Where its first thread has ended they
// are read of another.
func (p *FS) suspicious(ctx context.Context, pid int64, pages bool, progress *atomic.Uint64) ([]Mapping, error) {
	found, seen, err := p.suspiciousBy(ctx, pid, pages, progress)
	if seen > 0 || err != nil {
		return found, err
	}
	s, err := p.Stat(pid)
	if err != nil || s.KernelThread() {
		return nil, err
	}
	for _, tid := range p.threads(pid) {
		found, seen, err := p.suspiciousBy(ctx, tid, pages, progress)
		if seen == 0 && (err == nil || gone(err)) {
			continue
		}
		for i := range found {
			found[i].PID = pid
		}
		return found, err
	}
	if s, err = p.Stat(pid); err != nil || s.State == 'Z' && len(p.threads(pid)) == 0 {
		return nil, fmt.Errorf("reading mappings of process %d: %w", pid, fs.ErrNotExist) // it has ended and was not waited for
	}
	return nil, fmt.Errorf("reading mappings of process %d: %w", pid, errUnseen)
}

// suspiciousBy reads what one thread shows, and tells how many mappings that were.
func (p *FS) suspiciousBy(ctx context.Context, pid int64, pages bool, progress *atomic.Uint64) (found []Mapping, seen int, err error) {
	f, err := openStream(p.Path(pid, "maps"))
	if err != nil {
		return nil, 0, fmt.Errorf("reading mappings of process %d: %w", pid, err)
	}
	defer f.Close()
	pagemap, err := openStream(p.Path(pid, "pagemap"))
	if err == nil {
		defer pagemap.Close()
	}
	noPagemap := err != nil
	entries := buffers.Get().(*buffer)
	defer buffers.Put(entries)
	differing := int64(-1)
	found, seen, scanErr := scanMaps(f, pid, progress, ctx.Err, func(r *region) bool {
		if string(r.path) == vdso {
			differing = p.vdsoDiffers(pid, r, progress)
		}
		return !noPagemap && modified(pagemap, entries[:], r, progress, ctx.Err) || string(r.path) == vdso && differing > 0
	})
	if len(found) > 0 {
		p.addPersonality(pid, found)
	}
	for i := range found {
		if found[i].Path == vdso {
			found[i].Differing = differing
		}
	}
	if scanErr != nil && !errors.Is(scanErr, ErrTooMany) {
		scanErr = fmt.Errorf("reading mappings of process %d: %w", pid, scanErr)
	}
	if !pages && !slices.ContainsFunc(found, func(m Mapping) bool { return m.Kind == KindModified }) {
		return found, seen, scanErr
	}
	smaps, err := openStream(p.Path(pid, "smaps"))
	if err != nil {
		if gone(err) {
			return nil, 0, fmt.Errorf("reading mappings of process %d: %w", pid, err)
		}
		return found, seen, scanErr
	}
	defer smaps.Close()
	if err := addPages(smaps, found, progress, ctx.Err); err != nil && scanErr == nil {
		scanErr = fmt.Errorf("reading smaps of process %d: %w", pid, err)
	}
	// What pagemap takes for a modified page can be one that the kernel inserted by its frame; smaps knows.
	found = slices.DeleteFunc(found, func(m Mapping) bool { return m.Kind == KindModified && m.Anonymous == 0 && m.Differing <= 0 })
	if !pages {
		for i := range found {
			found[i].Resident, found[i].PrivateDirty, found[i].Anonymous = unknownPages, unknownPages, unknownPages
		}
	}
	return found, seen, scanErr
}

// scanMaps reads maps, keeps what is suspicious, and counts what it saw. changed is asked of code whose pages should be its file's.
func scanMaps(maps io.Reader, pid int64, progress *atomic.Uint64, stop func() error, changed func(*region) bool) (
	found []Mapping, seen int, err error,
) {
	l := newLineReader(maps, progress, stop)
	defer l.release()
	var r region // outside the loop: changed makes it escape
	for {
		line, ok := l.next()
		if !ok {
			return found, seen, l.failure()
		}
		seen++
		if r, ok = parseRegion(line); !ok || !r.executable() {
			continue
		}
		kind := r.kind()
		if kind == "" && (r.inode != 0 || string(r.path) == vdso) && changed(&r) {
			kind = KindModified
		}
		if kind == "" {
			continue
		}
		if len(found) == MaxOfProcess {
			return found, seen, fmt.Errorf("process %d has %w: more than %d suspicious mappings", pid, ErrTooMany, MaxOfProcess)
		}
		found = append(found, Mapping{
			PID: pid, Start: r.start, End: r.end, Offset: r.offset, Inode: r.inode, Kind: kind,
			Permissions: string(r.permissions), Device: string(r.device), Path: string(r.path),
			Resident: unknownPages, PrivateDirty: unknownPages, Anonymous: unknownPages, Differing: -1, Personality: -1,
		})
	}
}

// addPersonality adds to mappings how their process executes.
func (p *FS) addPersonality(pid int64, found []Mapping) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	text, err := p.read(b, pid, "personality")
	if err != nil {
		return
	}
	if n, ok := parseUint(bytes.TrimSpace(text), 16); ok && n <= 1<<32-1 {
		for i := range found {
			found[i].Personality = int64(n)
		}
	}
}

// kind classifies an executable region by what maps says of it; "" if nothing is wrong with it.
func (r *region) kind() string {
	switch {
	case r.writable():
		return KindRWX
	case len(r.path) == 0:
		return KindAnonymous
	case r.pseudo():
		if bytes.HasPrefix(r.path, []byte("[anon")) || bytes.HasPrefix(r.path, []byte("[stack")) || string(r.path) == "[heap]" {
			return KindAnonymous
		}
		return "" // [vdso], [vsyscall], [uprobes], [sigpage], [vectors]: the kernel's own
	}
	name, deleted := bytes.CutSuffix(r.path, []byte(deletedSuffix))
	switch {
	case deleted && bytes.HasPrefix(name, []byte(memfdPrefix)):
		return KindMemfd
	case string(name) == devZero, deleted && (bytes.HasPrefix(name, []byte(sysvPrefix)) || string(name) == anonHugepage):
		return KindAnonymous // shared memory without a file that a person could name
	case deleted:
		return KindDeleted
	}
	return ""
}

// addPages adds to mappings, which ascend by address, what smaps counts of them.
func addPages(smaps io.Reader, found []Mapping, progress *atomic.Uint64, stop func() error) error {
	l := newLineReader(smaps, progress, stop)
	defer l.release()
	var current *Mapping
	for {
		line, ok := l.next()
		if !ok {
			return l.failure()
		}
		if len(line) == 0 {
			continue
		}
		if c := line[0]; '0' <= c && c <= '9' || 'a' <= c && c <= 'f' { // fields begin with a capital letter
			current = nil
			r, ok := parseRegion(line)
			for ok && len(found) > 0 && found[0].Start < r.start {
				found = found[1:]
			}
			if len(found) == 0 {
				return nil
			}
			if ok && found[0].Start == r.start && found[0].End == r.end {
				current = &found[0]
				current.Resident, current.PrivateDirty, current.Anonymous = 0, 0, 0
			}
			continue
		}
		if current == nil {
			continue
		}
		key, value, ok := bytes.Cut(line, []byte{':'})
		if !ok {
			continue
		}
		switch string(key) {
		case "Rss":
			current.Resident = kilobytes(value)
		case "Private_Dirty":
			current.PrivateDirty = kilobytes(value)
		case "Anonymous":
			current.Anonymous = kilobytes(value)
		}
	}
}

func kilobytes(b []byte) int64 {
	f, _ := field(b)
	n, ok := parseUint(f, 10)
	if !ok || n > 1<<52 {
		return unknownPages
	}
	return int64(n) << 10
}
