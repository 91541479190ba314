//go:build !linux

package procfs

import "os"

func readFile(path string, b []byte) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, err := f.Read(b)
	if n == 0 && err != nil {
		if fi, e := f.Stat(); e == nil && fi.Mode().IsRegular() && fi.Size() == 0 {
			return 0, nil
		}
	}
	return n, err
}

func readLink(path string, b []byte) (int, error) {
	s, err := os.Readlink(path)
	return copy(b, s), err
}

type stream struct{ *os.File }

func openStream(path string) (stream, error) {
	f, err := os.Open(path)
	return stream{f}, err
}

func (s stream) mapping(uint64) (path []byte, mapped, ok bool) { return nil, false, false }

func clocks() (int64, bool) { return 0, false }
