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
	"github.com/apiwatch/apiwatch/collectors/eventlog"
	"github.com/apiwatch/apiwatch/collectors/linuxsysmon"
)

// formats lists the forms of recording, in the order in which a file is held against them. A new one is a line here.
var formats = []*collectors.Format{
	&audit.Format,
	form.Laurel,
	form.GoAudit,
	form.Auditbeat,
	form.Ausearch,
	&linuxsysmon.Format,
	&eventlog.Format,
}

// Recording is a file, or a folder of a log's rotations, of a known format.
type Recording struct {
	Path   string
	Format *collectors.Format
}

// Recordings lists the recordings below paths, each a machine of its own. What no format knows is counted, not an error, unless
// it was named itself. An error names what cannot be used; the rest can.
func Recordings(paths []string) (found []Recording, skipped int, err error) {
	var errs []error
	var l looker
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			errs = append(errs, fmt.Errorf("opening recording: %w", err))
			continue
		}
		if !info.IsDir() {
			format, err := l.format(p)
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("opening recording: %w", err))
			case format == nil && info.Size() == 0: // a log without records
				found = append(found, Recording{p, formats[0]})
			case format == nil:
				errs = append(errs, fmt.Errorf("opening recording: %s is of no known format: %s; plain or gzip", strconv.QuoteToGraphic(p), known()))
			default:
				found = append(found, Recording{p, format})
			}
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir():
				if f := folderOf(path); f != nil {
					found = append(found, Recording{path, f})
					return fs.SkipDir
				}
			case d.Type().IsRegular():
				if format, _ := l.format(path); format != nil { // a file that cannot be read is left out, too
					found = append(found, Recording{path, format})
				} else {
					skipped++
				}
			}
			return nil
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("listing recordings: %w", err))
		}
	}
	slices.SortFunc(found, func(a, b Recording) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(found), skipped, errors.Join(errs...)
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
		if files, _ := filepath.Glob(filepath.Join(dir, f.Folder)); len(files) > 1 {
			return f
		}
	}
	return nil
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
