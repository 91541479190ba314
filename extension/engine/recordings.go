package engine

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/audit/form"
	"github.com/apiwatch/apiwatch/collectors/bpf"
	"github.com/apiwatch/apiwatch/collectors/eventlog"
	"github.com/apiwatch/apiwatch/collectors/linuxsysmon"
)

// formats lists the forms of recording, in the order in which a file is held against them. A new one is a line here.
var formats = []*collectors.Format{
	&bpf.Format,
	&audit.Format,
	form.Laurel,
	form.GoAudit,
	form.Auditbeat,
	form.Ausearch,
	form.MaxPatrol,
	form.Aureport,
	form.OtherReport,
	&linuxsysmon.Format,
	form.Journal,
	form.JournalExport,
	form.Quoted,
	form.Records,
	&eventlog.Format,
	&audit.Shipped,
}

// Recording is a file, or a folder of a log's rotations, of a known format.
type Recording struct {
	Path   string
	Format *collectors.Format
}

// Left is a file that is left out, and why.
type Left struct{ Path, Why string }

// unknown is why most are.
const unknown = "of no known format"

// Recordings lists the recordings below paths, each a machine of its own. What no format knows and what is no regular file, which could
// be without end or somewhere else, is left out and named; it is an error only where it was named itself. An error names what cannot be
// used; the rest can.
func Recordings(paths []string) (found []Recording, left []Left, err error) {
	var errs []error
	var l looker
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			errs = append(errs, fmt.Errorf("opening recording: %w", err))
			continue
		}
		switch {
		case info.Mode().IsRegular():
			format, err := l.format(p)
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("opening recording: %w", err))
			case format == nil && info.Size() == 0: // a log without records
				found = append(found, Recording{p, &audit.Format})
			case format == nil:
				errs = append(errs, fmt.Errorf("opening recording: %s is of no known format: %s; plain or gzip", strconv.QuoteToGraphic(p), known()))
			default:
				found = append(found, Recording{p, format})
			}
			continue
		case !info.IsDir():
			errs = append(errs, fmt.Errorf("opening recording: %s is %s: name a file or a folder", strconv.QuoteToGraphic(p), kindOf(info.Mode())))
			continue
		}
		if named, err := os.Lstat(p); err == nil && named.Mode()&fs.ModeSymlink != 0 {
			if p, err = filepath.EvalSymlinks(p); err != nil { // a folder that was named by a link
				errs = append(errs, fmt.Errorf("opening recording: %w", err))
				continue
			}
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil && path == p:
				return err
			case err != nil:
				left = append(left, Left{path, err.Error()})
			case d.IsDir():
				if f := folderOf(path); f != nil {
					found = append(found, Recording{path, f})
					return fs.SkipDir
				}
			case !d.Type().IsRegular():
				left = append(left, Left{path, kindOf(d.Type())})
			default:
				format, err := l.format(path)
				switch {
				case err != nil:
					left = append(left, Left{path, err.Error()})
				case format == nil:
					left = append(left, Left{path, unknown})
				default:
					found = append(found, Recording{path, format})
				}
			}
			return nil
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("listing recordings: %w", err))
		}
	}
	slices.SortFunc(found, func(a, b Recording) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(found), left, errors.Join(errs...)
}

// kindOf says what a file is that is not a regular one.
func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "a link, which is not followed"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}

// known names the formats.
func known() string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// folderOf gives the format of a folder whose files are one recording, nil for none.
func folderOf(dir string) *collectors.Format {
	for _, f := range formats {
		if f.Folder == "" {
			continue
		}
		if regular(dir, f.Folder) > 1 {
			return f
		}
	}
	return nil
}

// regular counts the regular files of a folder whose names match.
func regular(dir, pattern string) (n int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if ok, _ := filepath.Match(pattern, e.Name()); ok && e.Type().IsRegular() {
			n++
		}
	}
	return n
}

// looker tells the formats of files, one after the other.
type looker struct {
	file *bufio.Reader
	zip  *gzip.Reader
	head [collectors.HeadSize]byte
}

// format gives a file's format, nil for none.
func (l *looker) format(path string) (*collectors.Format, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head, err := l.read(f)
	if err != nil && len(head) == 0 {
		return nil, nil // what cannot be uncompressed is of no format
	}
	for _, known := range formats {
		if known.Recognise(head) {
			return known, nil
		}
	}
	return nil, nil
}

// read gives the beginning of what a file holds, uncompressed.
func (l *looker) read(f io.Reader) ([]byte, error) {
	if l.file == nil {
		l.file = bufio.NewReaderSize(f, 4<<10)
	}
	l.file.Reset(f)
	var in io.Reader = l.file
	if magic, err := l.file.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		if l.zip == nil {
			l.zip = new(gzip.Reader)
		}
		if err := l.zip.Reset(l.file); err != nil {
			return nil, err
		}
		in = l.zip
	}
	n, err := io.ReadFull(in, l.head[:])
	return l.head[:n], err
}
