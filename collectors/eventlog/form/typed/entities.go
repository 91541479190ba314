package typed

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendEntities appends text with its entities resolved. What is no entity stays as it is.
func AppendEntities(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return AppendPlain(dst, text)
		}
		dst = AppendPlain(dst, text[:i])
		text = text[i:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		if end < 0 {
			dst = append(dst, '&')
			text = text[1:]
			continue
		}
		r, ok := entity(string(text[1:end]))
		if ok {
			dst = utf8.AppendRune(dst, r)
			text = text[end+1:]
		} else {
			dst = append(dst, '&')
			text = text[1:]
		}
	}
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	if rest, hex := strings.CutPrefix(digits, "x"); hex {
		digits = "0x" + rest
	}
	n, ok := ParseNumber(digits)
	if !ok || n > utf8.MaxRune {
		return 0, false
	}
	if n == 0 {
		return utf8.RuneError, true
	}
	return rune(n), true
}

// ParseNumber reads a number as the forms have it: decimal, 0x, or negative for 64 bits that something took as signed.
func ParseNumber(s string) (uint64, bool) {
	s = strings.TrimSpace(s)
	base := 10
	if rest, ok := strings.CutPrefix(s, "0x"); ok {
		s, base = rest, 16
	} else if strings.HasPrefix(s, "-") {
		n, err := strconv.ParseInt(s, 10, 64)
		return uint64(n), err == nil
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}
