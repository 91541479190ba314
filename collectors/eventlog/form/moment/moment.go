// Package moment reads the times that the forms of event logs hold.
package moment

import (
	"strconv"
	"strings"
	"time"
)

// Parse reads the times that event XML and JSON hold: 2020-01-01T00:00:00.1234567Z, with a blank for the T, slashes, any
// number of decimals, an offset, or nothing for the zone, which then is UTC. It gives Unix nanoseconds.
func Parse(s string) (int64, bool) {
	ns, _, ok := Zoned(s)
	return ns, ok
}

// Zoned is Parse that also tells whether the text names a zone.
func Zoned(s string) (ns int64, zoned, ok bool) {
	if len(s) < 19 || s[4] != '-' && s[4] != '/' || s[7] != s[4] || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false, false
	}
	two := func(i int) int64 {
		a, b := s[i]-'0', s[i+1]-'0'
		if a > 9 || b > 9 {
			ok = false
			return 0
		}
		return int64(a)*10 + int64(b)
	}
	ok = true
	y := two(0)*100 + two(2)
	mo, d, h, mi, sec := two(5), two(8), two(11), two(14), two(17)
	if !ok || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 24 || mi > 59 || sec > 60 || y < 1700 || y > 2200 {
		return 0, false, false
	}
	rest := s[19:]
	var frac int64
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		i := 1
		scale := int64(100_000_000)
		for ; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
			frac += int64(rest[i]-'0') * scale
			scale /= 10
		}
		rest = rest[i:]
	}
	ns = (days(y, mo, d)*86400+h*3600+mi*60+sec)*1_000_000_000 + frac
	for len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	switch {
	case rest == "":
		return ns, false, true
	case rest == "Z" || rest == "z" || rest == "UTC":
		return ns, true, true
	case rest[0] == '+' || rest[0] == '-':
		sign := int64(1)
		if rest[0] == '-' {
			sign = -1
		}
		var digits []int64
		for _, c := range rest[1:] {
			if c >= '0' && c <= '9' {
				digits = append(digits, int64(c-'0'))
			}
		}
		if len(digits) != 4 {
			return 0, false, false
		}
		offset := (digits[0]*10+digits[1])*3600 + (digits[2]*10+digits[3])*60
		return ns - sign*offset*1_000_000_000, true, true
	}
	return 0, false, false
}

// days counts from 1970-01-01. (Howard Hinnant's days_from_civil.)
func days(y, m, d int64) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// Epoch reads a count since 1970: of seconds with decimals, as Velociraptor has it, of smaller units by its size, or as PowerShell writes
// it, /Date(1601234567123)/. It is 0 for anything else.
func Epoch(s string) int64 {
	scale := int64(0)
	if rest, ok := strings.CutPrefix(s, "/Date("); ok {
		s, scale = strings.TrimRight(rest, ")/"), 1e6
	}
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n <= 0 {
		return 0
	}
	switch {
	case scale != 0:
	case n < 1e11:
		scale = 1e9
	case n < 1e14:
		scale = 1e6
	case n < 1e17:
		scale = 1e3
	default:
		scale = 1
	}
	if n > 9e18/scale {
		return 0
	}
	n *= scale
	if f, err := strconv.ParseFloat("0."+frac, 64); err == nil && frac != "" {
		n += int64(f * float64(scale))
	}
	return n
}

// shownLayouts are the times that Windows shows people. The month comes first where a clock of twelve hours follows, as in America, or
// where it could not be otherwise.
var shownLayouts = []string{
	"1/2/2006 3:04:05 PM", "1/2/2006 3:04 PM", "2/1/2006 15:04:05", "1/2/2006 15:04:05", "2.1.2006 15:04:05", "2-1-2006 15:04:05",
	"2006/1/2 15:04:05", "2006.1.2 15:04:05", "2/1/2006 15:04", "2.1.2006 15:04", "Monday, January 2, 2006 3:04:05 PM",
}

// Shown reads a time as Windows shows it, on its host's clock.
func Shown(s string) (int64, bool) {
	s = strings.TrimSpace(strings.NewReplacer("\u202f", " ", "\u200e", "", "\u00a0", " ").Replace(s))
	if len(s) > 64 {
		return 0, false
	}
	for _, layout := range shownLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1700 && t.Year() < 2200 {
			return t.UnixNano(), true
		}
	}
	return 0, false
}
