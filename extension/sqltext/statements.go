package sqltext

import "strings"

// CutStatement cuts off the first statement that a semicolon ends, outside of quotes and comments.
func CutStatement(s string) (statement, rest string, ok bool) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ';':
			return s[:i], s[i+1:], true
		case strings.HasPrefix(s[i:], "--"):
			i = indexFrom(s, i, "\n", 1)
		case strings.HasPrefix(s[i:], "/*"):
			i = indexFrom(s, i+2, "*/", 2)
		case c == '\'' || c == '"' || c == '`' || c == '[':
			end, _, ok := quoted(s, i)
			if !ok {
				return "", s, false
			}
			i = end
		default:
			i++
		}
	}
	return "", s, false
}
