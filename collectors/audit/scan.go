package audit

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors/audit/text"
)

// stamp is what the kernel gives every record of one event: the time in milliseconds and a number that starts again
// after a reboot.
type stamp struct {
	ms  int64
	seq uint32
}

// maxSeconds keeps a stamp's time within what int64 nanoseconds can hold.
const maxSeconds = 9_000_000_000

// scanHeader reads "audit(1700000000.123:456):" and gives what follows it.
func scanHeader(b []byte) (s stamp, rest []byte, ok bool) {
	const open = "audit("
	if len(b) < len(open) || string(b[:len(open)]) != open {
		return s, nil, false
	}
	b = b[len(open):]
	sec, n := scanDigits(b, 10)
	if n == 0 || sec > maxSeconds || n == len(b) || b[n] != '.' {
		return s, nil, false
	}
	b = b[n+1:]
	ms, n := scanDigits(b, 3)
	if n == 0 || n == len(b) || b[n] != ':' {
		return s, nil, false
	}
	b = b[n+1:]
	seq, n := scanDigits(b, 10)
	if n == 0 || seq > 1<<32-1 || n == len(b) || b[n] != ')' {
		return s, nil, false
	}
	b = b[n+1:]
	if len(b) > 0 && b[0] == ':' {
		b = b[1:]
	}
	return stamp{int64(sec*1000 + ms), uint32(seq)}, b, true
}

// scanDigits reads a decimal number of at most limit digits (no more than 19) and tells how many there were, 0 if there
// were more.
func scanDigits(b []byte, limit int) (v uint64, n int) {
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		if n == limit {
			return 0, 0
		}
		v = v*10 + uint64(b[n]-'0')
		n++
	}
	return v, n
}

// scanner walks over the key=value fields of a record's body without copying. A value that begins with a quote is atomic up
// to the next one: the kernel writes a string that holds a quote in hexadecimal, so nothing in it can end it. Values are
// given as they stand, quotes included, so that "41" and its hexadecimal reading stay apart.
type scanner struct{ rest []byte }

func (s *scanner) next() (key, value []byte, ok bool) {
	b := s.rest
	for {
		for len(b) > 0 && (b[0] == ' ' || b[0] == '\n') {
			b = b[1:]
		}
		i := 0
		for i < len(b) && b[i] != '=' && b[i] != ' ' {
			i++
		}
		if i == len(b) {
			s.rest = nil
			return nil, nil, false
		}
		if b[i] == ' ' { // a word that is no field
			b = b[i:]
			continue
		}
		key, b = b[:i], b[i+1:]
		break
	}
	end := -1
	if len(b) > 0 && (b[0] == '"' || b[0] == '\'') {
		if end = bytes.IndexByte(b[1:], b[0]); end >= 0 {
			end += 2
		}
	} else {
		for i := range b {
			if b[i] == ' ' {
				end = i
				break
			}
		}
	}
	if end < 0 {
		end = len(b)
	}
	s.rest = b[end:]
	return key, b[:end], true
}

// decimal reads a signed decimal.
func decimal(b []byte) (int64, bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	v, n := scanDigits(b, 19)
	if n == 0 || n != len(b) || v > 1<<63-1 {
		return 0, false
	}
	if negative {
		return -int64(v), true
	}
	return int64(v), true
}

// id reads a user, group or session number, -1 where it is unset: the kernel prints (u32)-1 or, in OBJ_PID, -1.
func id(b []byte) int64 {
	v, ok := decimal(b)
	if !ok || v < 0 || v >= 1<<32-1 {
		return -1
	}
	return v
}

// hexNumber reads what the kernel prints with %lx, with or without 0x.
func hexNumber(b []byte) (uint64, bool) {
	if len(b) > 2 && b[0] == '0' && b[1] == 'x' {
		b = b[2:]
	}
	if len(b) == 0 || len(b) > 16 {
		return 0, false
	}
	var v uint64
	for _, c := range b {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint64(c)
	}
	return v, true
}

// octal reads a mode or open flags.
func octal(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 21 {
		return 0, false
	}
	var v uint64
	for _, c := range b {
		if c < '0' || c > '7' {
			return 0, false
		}
		v = v<<3 | uint64(c-'0')
	}
	return v, true
}

// unadded gives a value in hexadecimal without a name that auditd adds, where that follows without a gap.
func unadded(b []byte, name string) []byte {
	at := bytes.Index(b, []byte(name))
	if at < 0 || b[0] == '"' {
		return b
	}
	return b[:text.HexRun(b[:at])]
}
