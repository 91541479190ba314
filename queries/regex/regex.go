// Package regex reads the regular expressions that SQL and tuning hold: those that osquery, whose std::regex is ECMAScript's, and Go
// both take and mean alike.
package regex

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// max is osquery's --regex_max_size in bytes.
const max = 256

// notECMAScript finds what Go's expressions have and std::regex refuses.
var notECMAScript = regexp.MustCompile(`\(\?[^:]|\\[AzQEpPCa]`)

// Compile compiles an expression that osquery would accept as well. Look-ahead and back-references, which only osquery has, are errors.
func Compile(expression string) (*regexp.Regexp, error) {
	if len(expression) > max {
		return nil, fmt.Errorf("the expression is longer than %d bytes", max)
	}
	if s := notECMAScript.FindString(strings.ReplaceAll(expression, `\\`, "")); s != "" {
		return nil, errors.New("the expression uses " + s + ", which osquery and this host do not share")
	}
	return regexp.Compile(expression)
}
