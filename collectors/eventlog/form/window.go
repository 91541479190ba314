package form

import (
	"errors"
	"io"
)

// window is the part of an input that is being looked at. Its buffer holds one document and what was read with it.
type window struct {
	r    io.Reader
	buf  []byte
	base int64 // offset of buf[0] in the input
	room []byte
	eof  bool
	err  error // of the input
}

const (
	windowSize = 256 << 10
	// maxIdle is how often a reader may give nothing and no error.
	maxIdle = 100
)

// skip drops n bytes.
func (w *window) skip(n int) {
	w.buf = w.buf[n:]
	w.base += int64(n)
}

// more reads on until the buffer is full, and reports whether anything came. The buffer doubles while all of it is kept;
// the caller bounds that.
func (w *window) more() bool {
	if w.eof || w.err != nil {
		return false
	}
	// Move to the front, and into more room when what is kept fills half of it.
	if w.room == nil {
		w.room = make([]byte, windowSize)
	}
	if len(w.buf) > len(w.room)/2 {
		w.room = make([]byte, 2*len(w.room))
	}
	kept := copy(w.room, w.buf)
	w.buf = w.room[:kept]
	for idle := 0; len(w.buf) < len(w.room); {
		n, err := w.r.Read(w.room[len(w.buf):])
		w.buf = w.room[:len(w.buf)+n]
		if err != nil {
			w.eof = true
			if !errors.Is(err, io.EOF) {
				w.err = err
			}
			break
		}
		if n > 0 {
			idle = 0
		} else if idle++; idle == maxIdle {
			w.err = io.ErrNoProgress
			break
		}
	}
	return len(w.buf) > kept
}
