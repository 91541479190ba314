package results

import "strconv"

// Counted gives a number of things: "1 file", "2 files".
func Counted(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.FormatUint(n, 10) + " " + thing + "s"
}
