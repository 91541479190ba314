package sqlhost

import (
	"errors"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"github.com/apiwatch/apiwatch/queries/regex"
	"github.com/apiwatch/apiwatch/tables"
)

// splitWith makes split(text, separator, index); an index out of range gives NULL.
func splitWith(f func(s, separator string) ([]string, error)) func([]Value) (Value, error) {
	return func(args []Value) (Value, error) {
		if isNullValue(args...) {
			return Value{}, nil
		}
		separator := cString(args[1])
		if separator == "" {
			return Value{}, errors.New("the separator is empty")
		}
		parts, err := f(cString(args[0]), separator)
		if i := toInt(args[2]); err == nil && 0 <= i && i < int64(len(parts)) {
			return textValue(parts[i]), nil
		}
		return Value{}, err
	}
}

// splitTokens splits at each of the bytes of tokens, drops empty parts, and trims the others.
func splitTokens(s, tokens string) ([]string, error) {
	var parts []string
	for start, i := 0, 0; i <= len(s); i++ {
		if i < len(s) && strings.IndexByte(tokens, s[i]) < 0 {
			continue
		}
		if i > start {
			parts = append(parts, strings.Trim(s[start:i], " \t\n\v\f\r"))
		}
		start = i + 1
	}
	return parts, nil
}

// splitRegex splits as std::sregex_token_iterator does: an empty part at the end is none.
func splitRegex(s, pattern string) ([]string, error) {
	re, err := compileRegex(pattern)
	if err != nil {
		return nil, err
	}
	found := re.FindAllStringIndex(s, -1)
	if found == nil {
		return []string{s}, nil
	}
	var parts []string
	start := 0
	for _, f := range found {
		parts = append(parts, s[start:f[0]])
		start = f[1]
	}
	if start < len(s) {
		parts = append(parts, s[start:])
	}
	return parts, nil
}

func regexMatch(args []Value) (Value, error) {
	if isNullValue(args...) {
		return Value{}, nil
	}
	re, err := compileRegex(cString(args[1]))
	if err != nil {
		return Value{}, err
	}
	groups := re.FindStringSubmatch(cString(args[0]))
	if i := toInt(args[2]); 0 <= i && i < int64(len(groups)) {
		return textValue(groups[i]), nil
	}
	return Value{}, nil
}

var regexes = struct {
	sync.Mutex
	m map[string]*regexp.Regexp
}{m: make(map[string]*regexp.Regexp)}

// compileRegex keeps what it compiled: a query holds the same expression against each row.
func compileRegex(pattern string) (*regexp.Regexp, error) {
	regexes.Lock()
	defer regexes.Unlock()
	if re := regexes.m[pattern]; re != nil {
		return re, nil
	}
	re, err := regex.Compile(pattern)
	if err != nil {
		return nil, err
	}
	if len(regexes.m) >= 1024 { // patterns made of data
		clear(regexes.m)
	}
	regexes.m[pattern] = re
	return re, nil
}

// concat joins what is not NULL. As in osquery, a separator follows every part but the last argument.
func concat(separator string, args []Value) Value {
	if len(args) == 0 {
		return Value{}
	}
	var b strings.Builder
	for i, a := range args {
		if a.Kind == tables.Null {
			continue
		}
		b.WriteString(cString(a))
		if i+1 < len(args) {
			b.WriteString(separator)
		}
	}
	return textValue(b.String())
}

func parentDirectory(args []Value) (Value, error) {
	if args[0].Kind != tables.TextValue {
		return Value{}, errors.New("the path must be a text")
	}
	separator := byte('/')
	if runtime.GOOS == "windows" {
		separator = '\\'
	}
	path := cString(args[0])
	i := strings.LastIndexByte(path, separator)
	if i < 0 {
		return Value{}, nil
	}
	return textValue(path[:i]), nil
}
