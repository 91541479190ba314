// Package names says what numbers are called: flags, rights, codes. The names of each system lie in a package of its own below it.
package names

import (
	"strconv"
	"strings"
)

// Int gives the lower half of v as a signed number, as the kernel reads an int.
func Int(v uint64) string { return strconv.FormatInt(int64(int32(v)), 10) }

// Size gives v as an unsigned number.
func Size(v uint64) string { return strconv.FormatUint(v, 10) }

// Hex gives v as addresses and unknown numbers read.
func Hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

// named is a number and what it is called; each package of names has a type of its own that is made so.
type named = struct {
	Value uint64
	Name  string
}

// Flags joins the names of the bits set by "|"; bits without a name follow in hexadecimal.
func Flags[N ~named](v uint64, names []N, zero string) string {
	if v == 0 {
		return zero
	}
	var b strings.Builder
	for _, x := range names {
		n := named(x)
		if v&n.Value == n.Value {
			if b.Len() > 0 {
				b.WriteByte('|')
			}
			b.WriteString(n.Name)
			v &^= n.Value
		}
	}
	if v != 0 {
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		b.WriteString("0x" + strconv.FormatUint(v, 16))
	}
	return b.String()
}

// Enum gives the name of v, or v in hexadecimal where it has none.
func Enum[N ~named](v uint64, names []N) string {
	for _, x := range names {
		n := named(x)
		if n.Value == v {
			return n.Name
		}
	}
	return "0x" + strconv.FormatUint(v, 16)
}
