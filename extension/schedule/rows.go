package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
)

// escapeBytes does what osqueryd does before it compares and logs a differential (escapeNonPrintableBytes in
// core/sql.cpp): control characters of ASCII and bytes that are no UTF-8 become \xHH.
func escapeBytes(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= ' ' && s[i] < utf8.RuneSelf
	}
	if clean {
		return s
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < ' ' || r == utf8.RuneError && n == 1 {
			b = append(b, '\\', 'x', hex[s[i]>>4], hex[s[i]&15])
		} else {
			b = append(b, s[i:i+n]...)
		}
		i += n
	}
	return string(b)
}

// columnOrder gives the names of a result as a row of osquery has them, sorted, and where each is found: of two columns
// of one name osquery keeps the last.
func columnOrder(columns []sqlhost.Column) (names []string, index []int) {
	at := make(map[string]int, len(columns))
	for i, c := range columns {
		at[c.Name] = i
	}
	for name := range at {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		index = append(index, at[name])
	}
	return names, index
}

// rowKey identifies a row. A whole one can be turned back by rowOf, so that a row that is gone can be logged.
func rowKey(row []string, whole bool) string {
	var b []byte
	for _, cell := range row {
		b = append(binary.AppendUvarint(b, uint64(len(cell))), cell...)
	}
	if whole {
		return string(b)
	}
	sum := sha256.Sum256(b)
	return string(sum[:16])
}

func rowOf(key string) (row []string) {
	for b := []byte(key); len(b) > 0; {
		n, size := binary.Uvarint(b)
		row = append(row, string(b[size:size+int(n)]))
		b = b[size+int(n):]
	}
	return row
}
