package sqltext

import "strings"

// Quote makes a name that means itself, whatever it holds.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuoteIfNeeded leaves out the quotes that a name does not need.
func QuoteIfNeeded(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f || !IsWord(byte(r)) }) {
		return Quote(name)
	}
	return name
}
