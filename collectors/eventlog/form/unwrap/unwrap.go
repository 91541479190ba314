// Package unwrap takes off what was put around an event log as a whole: another encoding, or the quotes of a string or a column.
package unwrap

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// UTF16 turns UTF-16 into UTF-8.
func UTF16(r io.Reader, big bool) io.Reader { return &wide{r: r, big: big} }

type wide struct {
	r    io.Reader
	big  bool
	in   [4096]byte
	kept int // bytes at the start of in: half of a character or a pair
	out  []byte
	rest []byte
	err  error
}

func (u *wide) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.r.Read(u.in[u.kept:])
		n += u.kept
		u.err = err
		whole := n &^ 1
		if u.big {
			for i := u.kept &^ 1; i < whole; i += 2 {
				u.in[i], u.in[i+1] = u.in[i+1], u.in[i]
			}
		}
		// A pair must not be torn.
		if whole >= 2 && u.in[whole-1]&0xfc == 0xd8 && err == nil {
			whole -= 2
		}
		u.out = appendWide(u.out[:0], u.in[:whole])
		u.rest = u.out
		u.kept = copy(u.in[:], u.in[whole:n])
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

// appendWide is appendUTF16 that keeps NULs: at the end of a block they end nothing.
func appendWide(dst, b []byte) []byte {
	trailing := 0
	for n := len(b); n >= 2 && b[n-1] == 0 && b[n-2] == 0; n -= 2 {
		trailing++
	}
	dst = typed.AppendUTF16(dst, b)
	for range trailing {
		dst = append(dst, 0)
	}
	return dst
}

// Doubled makes one quote of two, as quoted columns of a CSV have them.
func Doubled(r io.Reader) io.Reader { return &single{r: r} }

type single struct {
	r      io.Reader
	quoted bool // the last byte was a quote that may be the first of two
}

func (u *single) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	to := 0
	for _, c := range p[:n] {
		if c == '"' && u.quoted {
			u.quoted = false
			continue
		}
		u.quoted = c == '"'
		p[to] = c
		to++
	}
	return to, err
}

// Quoted undoes JSON strings around text: events that someone kept as one long string.
func Quoted(r io.Reader) io.Reader { return &unquoted{r: bufio.NewReader(r)} }

type unquoted struct {
	r    *bufio.Reader
	rest []byte
	text []byte
}

func (u *unquoted) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		// Up to a closing tag no escape is torn.
		line, err := u.r.ReadSlice('>')
		if len(line) == 0 {
			return 0, err
		}
		// A full buffer without a tag may end within an escape.
		if errors.Is(err, bufio.ErrBufferFull) {
			tail := bytes.LastIndexByte(line[max(0, len(line)-12):], '\\')
			if tail >= 0 {
				more, _ := u.r.Peek(12)
				line = append(bytes.Clone(line), more...)
				_, _ = u.r.Discard(len(more))
			}
		}
		u.text = jsonscan.AppendUnescaped(u.text[:0], line)
		u.rest = u.text
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}
