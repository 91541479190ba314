// Package typed gives the typed values of binary XML as the text that Windows shows.
package typed

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Types of binary XML values ([MS-EVEN6] 2.2.12, BinXml value types).
const (
	TypeNull       = 0x00
	TypeString     = 0x01 // UTF-16
	TypeANSI       = 0x02
	TypeInt8       = 0x03
	TypeUint8      = 0x04
	TypeInt16      = 0x05
	TypeUint16     = 0x06
	TypeInt32      = 0x07
	TypeUint32     = 0x08
	TypeInt64      = 0x09
	TypeUint64     = 0x0a
	TypeReal32     = 0x0b
	TypeReal64     = 0x0c
	TypeBool       = 0x0d
	TypeBinary     = 0x0e
	TypeGUID       = 0x0f
	TypeSizeT      = 0x10
	TypeFileTime   = 0x11
	TypeSystemTime = 0x12
	TypeSID        = 0x13
	TypeHexInt32   = 0x14
	TypeHexInt64   = 0x15
	TypeHandle     = 0x20
	TypeBinXML     = 0x21
	TypeXML        = 0x23
	TypeArray      = 0x80 // flag
)

// ElementSize is how long one item of an array is; 0 where items end by themselves.
func ElementSize(typ uint8) int {
	switch typ {
	case TypeInt8, TypeUint8:
		return 1
	case TypeInt16, TypeUint16:
		return 2
	case TypeInt32, TypeUint32, TypeReal32, TypeBool, TypeHexInt32, TypeHandle:
		return 4
	case TypeInt64, TypeUint64, TypeReal64, TypeFileTime, TypeHexInt64, TypeSizeT:
		return 8
	case TypeGUID, TypeSystemTime:
		return 16
	default:
		return 0
	}
}

// Item cuts the first item off an array's bytes. The bytes of a string end at their NUL.
func Item(typ uint8, b []byte) (first, rest []byte) {
	switch typ {
	case TypeString:
		for i := 0; i+1 < len(b); i += 2 {
			if b[i] == 0 && b[i+1] == 0 {
				return b[:i], b[i+2:]
			}
		}
		return b, nil
	case TypeANSI:
		for i, c := range b {
			if c == 0 {
				return b[:i], b[i+1:]
			}
		}
		return b, nil
	case TypeSID:
		if len(b) >= 8 {
			if n := 8 + 4*int(b[1]); n <= len(b) {
				return b[:n], b[n:]
			}
		}
		return b, nil
	}
	if n := ElementSize(typ); n > 0 && n < len(b) {
		return b[:n], b[n:]
	}
	return b, nil
}

// Unsigned reads a little-endian integer of the length it has.
func Unsigned(b []byte) uint64 {
	switch len(b) {
	case 0:
		return 0
	case 1:
		return uint64(b[0])
	case 2, 3:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4, 5, 6, 7:
		return uint64(binary.LittleEndian.Uint32(b))
	default:
		return binary.LittleEndian.Uint64(b)
	}
}

// Signed gives a number of any size.
func Signed(b []byte) int64 {
	switch len(b) {
	case 0:
		return 0
	case 1:
		return int64(int8(b[0]))
	case 2, 3:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 4, 5, 6, 7:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	default:
		return int64(binary.LittleEndian.Uint64(b))
	}
}

// Append appends a single value as Windows renders it in event XML, without the escapes of XML.
func Append(dst []byte, typ uint8, b []byte) []byte {
	switch typ {
	case TypeNull:
		return dst
	case TypeString, TypeXML:
		return AppendUTF16(dst, b)
	case TypeANSI:
		return appendANSI(dst, b)
	case TypeInt8, TypeInt16, TypeInt32, TypeInt64:
		if len(b) == 0 {
			return dst
		}
		return strconv.AppendInt(dst, Signed(b), 10)
	case TypeUint8, TypeUint16, TypeUint32, TypeUint64, TypeHandle:
		if len(b) == 0 {
			return dst
		}
		return strconv.AppendUint(dst, Unsigned(b), 10)
	case TypeHexInt32, TypeHexInt64, TypeSizeT:
		if len(b) == 0 {
			return dst
		}
		return strconv.AppendUint(append(dst, '0', 'x'), Unsigned(b), 16)
	case TypeReal32:
		if len(b) >= 4 {
			return strconv.AppendFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 'g', -1, 32)
		}
	case TypeReal64:
		if len(b) >= 8 {
			return strconv.AppendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64)
		}
	case TypeBool:
		if len(b) > 0 {
			return strconv.AppendBool(dst, Unsigned(b) != 0)
		}
		return dst
	case TypeGUID:
		if len(b) >= 16 {
			return appendGUID(dst, b)
		}
	case TypeFileTime:
		if len(b) >= 8 {
			return appendFileTime(dst, binary.LittleEndian.Uint64(b))
		}
	case TypeSystemTime:
		if len(b) >= 16 {
			return appendSystemTime(dst, b)
		}
	case TypeSID:
		if out, ok := appendSID(dst, b); ok {
			return out
		}
	}
	return appendHex(dst, b)
}

// AppendUTF16 appends little-endian UTF-16. NULs at the end belong to no value.
func AppendUTF16(dst, b []byte) []byte {
	n := len(b) &^ 1
	for n >= 2 && b[n-1] == 0 && b[n-2] == 0 {
		n -= 2
	}
	b = b[:n]
	for len(b) > 0 {
		// Four plain ASCII characters at once; a NUL leaves the fast path.
		for len(b) >= 8 {
			x := binary.LittleEndian.Uint64(b)
			if x&0xff80ff80ff80ff80 != 0 || (x-0x0001000100010001)&^x&0x8000800080008000 != 0 {
				break
			}
			dst = append(dst, byte(x), byte(x>>16), byte(x>>32), byte(x>>48))
			b = b[8:]
		}
		for i := 0; i < 4 && len(b) >= 2; i++ {
			r := rune(binary.LittleEndian.Uint16(b))
			b = b[2:]
			switch {
			case r == 0:
				r = utf8.RuneError
			case r < utf8.RuneSelf:
				dst = append(dst, byte(r))
				continue
			case r >= 0xd800 && r < 0xdc00 && len(b) >= 2:
				if low := rune(binary.LittleEndian.Uint16(b)); low >= 0xdc00 && low < 0xe000 {
					r = (r-0xd800)<<10 | (low - 0xdc00) + 0x10000
					b = b[2:]
				}
			}
			dst = utf8.AppendRune(dst, r) // half a pair becomes U+FFFD
		}
	}
	return dst
}

// windows1252 holds what differs from Latin-1: 0x80 to 0x9f.
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

// appendANSI appends a string in the code page of the host that wrote it. Which page that was is not in the log: UTF-8 is
// taken for that, all else for Windows-1252.
func appendANSI(dst, b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	if utf8.Valid(b) {
		return AppendClean(dst, b)
	}
	for _, c := range b {
		switch {
		case c == 0:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		case c >= 0x80 && c < 0xa0:
			dst = utf8.AppendRune(dst, windows1252[c-0x80])
		default:
			dst = utf8.AppendRune(dst, rune(c))
		}
	}
	return dst
}

const (
	lowerHex = "0123456789abcdef"
	upperHex = "0123456789ABCDEF"
)

func appendHex(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, upperHex[c>>4], upperHex[c&15])
	}
	return dst
}

// appendGUID appends a GUID as today's Windows renders it: lower case, in braces. (Before Windows 10 1903 it was upper.)
func appendGUID(dst, b []byte) []byte {
	at := func(dst []byte, order ...int) []byte {
		for _, i := range order {
			dst = append(dst, lowerHex[b[i]>>4], lowerHex[b[i]&15])
		}
		return dst
	}
	dst = append(at(append(dst, '{'), 3, 2, 1, 0), '-')
	dst = append(at(dst, 5, 4), '-')
	dst = append(at(dst, 7, 6), '-')
	dst = append(at(dst, 8, 9), '-')
	return append(at(dst, 10, 11, 12, 13, 14, 15), '}')
}

// appendSID appends a security identifier ([MS-DTYP] 2.4.2).
func appendSID(dst, b []byte) ([]byte, bool) {
	if len(b) < 8 || len(b) < 8+4*int(b[1]) {
		return dst, false
	}
	dst = strconv.AppendUint(append(dst, "S-"...), uint64(b[0]), 10)
	authority := uint64(binary.BigEndian.Uint16(b[2:]))<<32 | uint64(binary.BigEndian.Uint32(b[4:]))
	dst = append(dst, '-')
	if authority >= 1<<32 {
		dst = strconv.AppendUint(append(dst, "0x"...), authority, 16)
	} else {
		dst = strconv.AppendUint(dst, authority, 10)
	}
	for i := range int(b[1]) {
		dst = strconv.AppendUint(append(dst, '-'), uint64(binary.LittleEndian.Uint32(b[8+4*i:])), 10)
	}
	return dst, true
}

// TicksToUnix is 1970-01-01 in FILETIME's steps of 100 ns since 1601-01-01.
const TicksToUnix = 116444736000000000

// FileTimeNS converts to Unix nanoseconds; 0 for a time that these cannot hold.
func FileTimeNS(ticks uint64) int64 {
	if ticks == 0 || ticks > math.MaxInt64 {
		return 0
	}
	t := int64(ticks) - TicksToUnix
	if hi, _ := bits.Mul64(uint64(max(t, -t)), 100); hi != 0 || t > math.MaxInt64/100 || t < math.MinInt64/100 {
		return 0
	}
	return t * 100
}

// appendFileTime renders 2020-01-01T00:00:00.1234567Z.
func appendFileTime(dst []byte, ticks uint64) []byte {
	seconds, frac := ticks/1e7, ticks%1e7
	days, clock := seconds/86400, seconds%86400
	y, m, d := civil(days)
	dst = appendDate(dst, y, m, d, clock)
	dst = append(dst, '.')
	return append(appendPadded(dst, frac, 7), 'Z')
}

// appendSystemTime renders a SYSTEMTIME, which counts in milliseconds: 2020-01-01T00:00:00.123Z.
func appendSystemTime(dst, b []byte) []byte {
	at := func(i int) uint64 { return uint64(binary.LittleEndian.Uint16(b[2*i:])) }
	dst = appendDate(dst, at(0), at(1), at(3), at(4)*3600+at(5)*60+at(6))
	dst = append(dst, '.')
	return append(appendPadded(dst, at(7), 3), 'Z')
}

func appendDate(dst []byte, y, m, d, clock uint64) []byte {
	dst = append(appendPadded(dst, y, 4), '-')
	dst = append(appendPadded(dst, m, 2), '-')
	dst = append(appendPadded(dst, d, 2), 'T')
	dst = append(appendPadded(dst, clock/3600, 2), ':')
	dst = append(appendPadded(dst, clock/60%60, 2), ':')
	return appendPadded(dst, clock%60, 2)
}

func appendPadded(dst []byte, n uint64, width int) []byte {
	var digits [20]byte
	i := len(digits)
	for n > 0 || width > 0 {
		i--
		digits[i] = byte('0' + n%10)
		n /= 10
		width--
	}
	return append(dst, digits[i:]...)
}

// civil turns days since 1601-01-01 into a date. (Howard Hinnant's days_from_civil, with eras of 400 years.)
func civil(days uint64) (y, m, d uint64) {
	z := days + 306 // 1601-01-01 is 306 days after 1600-03-01, where an era begins
	era := z / 146097
	doe := z % 146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	if m = mp + 3; m > 12 {
		m -= 12
	}
	y = yoe + era*400 + 1600
	if m <= 2 {
		y++
	}
	return y, m, d
}
