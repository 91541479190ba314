package audit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"os"
)

// recogniseWithin is how far into a file the first record must stand.
const recogniseWithin = 64 << 10

// Recognise tells by its content whether a file is an audit log or a recording of ours, plain or gzip.
func Recognise(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const binary = "ElfFile\x00" // how a Windows event log begins
	var begin [len(binary)]byte
	if n, _ := f.ReadAt(begin[:], 0); string(begin[:n]) == binary {
		return false
	}
	var in io.Reader = bufio.NewReader(f)
	if magic, err := in.(*bufio.Reader).Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return false
		}
		in = z
	}
	head, err := io.ReadAll(io.LimitReader(in, recogniseWithin))
	if err != nil && len(head) == 0 {
		return false
	}
	for line := range bytes.Lines(head) {
		if _, rest, ok := bytes.Cut(line, []byte("node=")); ok && len(line)-len(rest) == len("node=") {
			_, line, _ = bytes.Cut(rest, []byte(" "))
		}
		if bytes.HasPrefix(line, []byte("type=")) {
			if _, rest, ok := bytes.Cut(line, []byte(" msg=audit(")); ok && bytes.Contains(rest, []byte("):")) {
				return true
			}
		}
	}
	return false
}
