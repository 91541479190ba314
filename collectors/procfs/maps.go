package procfs

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// region is one line of /proc/PID/maps (proc_pid_maps(5)). Its slices live until the next line is read.
type region struct {
	start, end  uint64
	offset      uint64
	inode       uint64
	permissions []byte // "r-xp"
	device      []byte // "08:01"
	path        []byte // with newlines as \012
}

func (r *region) writable() bool   { return r.permissions[1] == 'w' }
func (r *region) executable() bool { return r.permissions[2] == 'x' }

// pseudo tells whether the kernel names the region itself: "[vdso]", "[heap]". A file has an inode.
func (r *region) pseudo() bool { return r.inode == 0 && len(r.path) > 0 && r.path[0] == '[' }

// parseRegion parses a line of maps, or the first line of an entry of smaps.
func parseRegion(line []byte) (region, bool) {
	var r region
	var f []byte
	var ok, ok2 bool
	f, line = field(line)
	low, high, dash := bytes.Cut(f, []byte{'-'})
	r.start, ok = parseUint(low, 16)
	r.end, ok2 = parseUint(high, 16)
	if !dash || !ok || !ok2 || r.end <= r.start {
		return r, false
	}
	if r.permissions, line = field(line); len(r.permissions) != 4 {
		return r, false
	}
	f, line = field(line)
	if r.offset, ok = parseUint(f, 16); !ok {
		return r, false
	}
	if r.device, line = field(line); len(r.device) == 0 {
		return r, false
	}
	f, line = field(line)
	if r.inode, ok = parseUint(f, 10); !ok {
		return r, false
	}
	r.path = bytes.TrimLeft(line, " ")
	return r, true
}

// lineReader reads lines of a file of any length through one buffer. A line that does not fit is left out.
type lineReader struct {
	from     io.Reader
	progress *atomic.Uint64 // counts reads; may be nil
	stop     func() error   // asked before each read; may be nil
	b        [64 << 10]byte
	at, end  int
	searched int // up to here there is no newline
	skipping bool
	err      error
}

var lineReaders = sync.Pool{New: func() any { return new(lineReader) }}

// newLineReader takes a reader from the pool; release gives it back.
func newLineReader(from io.Reader, progress *atomic.Uint64, stop func() error) *lineReader {
	l := lineReaders.Get().(*lineReader)
	l.from, l.progress, l.stop = from, progress, stop
	l.at, l.end, l.searched, l.skipping, l.err = 0, 0, 0, false, nil
	return l
}

func (l *lineReader) release() {
	l.from, l.progress, l.stop = nil, nil, nil
	lineReaders.Put(l)
}

// next gives a line without its newline; it is valid until the next call.
func (l *lineReader) next() ([]byte, bool) {
	for {
		if i := bytes.IndexByte(l.b[l.searched:l.end], '\n'); i >= 0 {
			line := l.b[l.at : l.searched+i]
			l.at = l.searched + i + 1
			l.searched = l.at
			if l.skipping {
				l.skipping = false
				continue
			}
			return line, true
		}
		if l.err != nil {
			line := l.b[l.at:l.end]
			l.at, l.searched = l.end, l.end
			return line, len(line) > 0 && !l.skipping
		}
		if l.end-l.at == len(l.b) {
			l.at, l.end, l.skipping = 0, 0, true
		}
		if l.at > 0 {
			copy(l.b[:], l.b[l.at:l.end])
			l.at, l.end = 0, l.end-l.at
		}
		l.searched = l.end
		if l.stop != nil {
			if l.err = l.stop(); l.err != nil {
				l.end, l.searched = 0, 0
				continue
			}
		}
		n, err := l.from.Read(l.b[l.end:])
		l.end += n
		if l.progress != nil {
			l.progress.Add(1)
		}
		if err == nil && n == 0 {
			err = io.ErrNoProgress
		}
		l.err = err
	}
}

// failure is why reading ended, nil at the end of the file.
func (l *lineReader) failure() error {
	if errors.Is(l.err, io.EOF) {
		return nil
	}
	return l.err
}

// maxRegionReads bounds a look-up of one address: 8 MiB of maps, some 100,000 mappings.
const maxRegionReads = 2048

// Region tells what lies at an address of a process: "[vdso]", "[stack]", "[heap]", "[vvar]" and such, a file's path,
// "anonymous", or "" where nothing is mapped or the process cannot be read.
func (p *FS) Region(pid int64, address uint64) string {
	what, err := guarded(&p.guard, pid, func(progress *atomic.Uint64) (string, error) {
		of := pid
		if tid := p.speaker(pid); tid > 0 {
			of = tid
		}
		f, err := openStream(p.Path(of, "maps"))
		if err != nil {
			return "", err
		}
		defer f.Close()
		if path, mapped, ok := f.mapping(address); ok {
			if !mapped {
				return "", nil
			}
			return nameOf(path), nil
		}
		return findRegion(f, address, progress)
	})
	if err != nil {
		return ""
	}
	return what
}

// newRegionReader reads the lines of a process's maps, within [maxRegionReads].
func newRegionReader(maps io.Reader, progress *atomic.Uint64) *lineReader {
	reads := 0
	return newLineReader(maps, progress, func() error {
		if reads++; reads > maxRegionReads {
			return ErrTooMany
		}
		return nil
	})
}

func findRegion(maps io.Reader, address uint64, progress *atomic.Uint64) (string, error) {
	l := newRegionReader(maps, progress)
	defer l.release()
	for {
		line, ok := l.next()
		if !ok {
			return "", l.failure()
		}
		r, ok := parseRegion(line)
		if !ok || r.end <= address {
			continue
		}
		if r.start > address { // ascending
			return "", nil
		}
		return nameOf(r.path), nil
	}
}

// nameOf gives what lies in a mapping by what maps says of it.
func nameOf(path []byte) string {
	if len(path) == 0 || bytes.HasPrefix(path, []byte("[anon")) {
		return "anonymous" // "[anon:name]" is named by the process itself
	}
	return string(path)
}
