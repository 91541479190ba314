package typed

import (
	"bytes"
	"unicode/utf8"
)

// AppendClean appends UTF-8 text, with U+FFFD for whatever is none and for NUL.
func AppendClean(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		c := b[i]
		if c != 0 && c < utf8.RuneSelf {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if c == 0 {
			r = utf8.RuneError
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst
}

// AppendPlain appends text that is most likely valid already.
func AppendPlain(dst, text []byte) []byte {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return append(dst, text...)
	}
	return AppendClean(dst, text)
}
