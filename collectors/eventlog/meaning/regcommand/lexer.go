package regcommand

import "strings"

// kind says what a token of PowerShell is.
type kind uint8

const (
	mark     kind = iota // a sign of its own; its text is one character, "{@" for the beginning of a table
	bare                 // text without quotes, in which variables stand
	literal              // text in single quotes
	text                 // text in double quotes, in which variables stand
	variable             // $name
	splat                // @name
	member               // .name
	static               // ::name
	typeName             // [name]
)

type token struct {
	kind kind
	text string
}

func (t *token) is(sign string) bool { return t.kind == mark && t.text == sign }

// ends tells whether a command ends before the token.
func (t *token) ends() bool {
	return t.kind == mark && len(t.text) == 1 && strings.IndexByte(";\n|{}&)", t.text[0]) >= 0
}

// begins tells whether a command may begin after the token.
func (t *token) begins() bool { return t.ends() || t.is("(") || t.is("=") }

// dollar stands for a dollar sign that begins no variable.
const dollar = '\x01'

// tokens gives the tokens of a script. Every text is one: what is wrong in it only yields tokens that mean nothing.
func tokens(s string) []token {
	l := lexer{s: s, out: make([]token, 0, len(s)/6)}
	for l.i < len(l.s) {
		l.next()
	}
	return l.out
}

type lexer struct {
	s   string
	i   int
	out []token
}

func (l *lexer) put(k kind, s string) { l.out = append(l.out, token{k, s}) }

func (l *lexer) at(n int) byte {
	if l.i+n < len(l.s) {
		return l.s[l.i+n]
	}
	return 0
}

func (l *lexer) next() {
	switch c := l.s[l.i]; {
	case c == ' ' || c == '\t' || c == '\r' || c == 0:
		l.i++
	case c == '`' && (l.at(1) == '\n' || l.at(1) == '\r'): // the line goes on
		l.i += 2
		if l.s[l.i-1] == '\r' && l.at(0) == '\n' {
			l.i++
		}
	case c == '#':
		l.upTo("\n")
	case c == '<' && l.at(1) == '#':
		l.upTo("#>")
		l.i = min(l.i+2, len(l.s))
	case c == '@' && (l.at(1) == '\'' || l.at(1) == '"') && (l.at(2) == '\n' || l.at(2) == '\r'):
		l.here()
	case c == '@' && l.at(1) == '{':
		l.put(mark, "{@")
		l.i += 2
	case c == '@' && l.at(1) == '(':
		l.i++
	case c == '@' && isName(l.at(1)):
		l.i++
		l.put(splat, l.name(false))
	case c == '\'':
		l.single()
	case c == '"':
		l.double()
	case c == '$' && (isName(l.at(1)) || l.at(1) == '{'):
		l.i++
		l.put(variable, l.name(true))
	case c == '.' && isName(l.at(1)) && l.follows():
		l.i++
		l.put(member, l.name(false))
	case c == ':' && l.at(1) == ':' && l.follows():
		l.i += 2
		l.put(static, l.name(false))
	case c == '[':
		l.typed()
	case strings.IndexByte(";|{}(),=+&\n", c) >= 0:
		l.put(mark, l.s[l.i:l.i+1])
		l.i++
	default:
		l.bareWord()
	}
}

// upTo moves to where an end stands, or to the end of all.
func (l *lexer) upTo(end string) {
	if n := strings.Index(l.s[l.i:], end); n >= 0 {
		l.i += n
	} else {
		l.i = len(l.s)
	}
}

func isName(c byte) bool { return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' }

// name reads a name; that of a variable may have a scope, and stand in braces.
func (l *lexer) name(scoped bool) string {
	if l.at(0) == '{' {
		begin := l.i + 1
		l.upTo("}")
		name := l.s[min(begin, l.i):l.i]
		l.i = min(l.i+1, len(l.s))
		return scopeless(name)
	}
	begin := l.i
	for l.i < len(l.s) && (isName(l.s[l.i]) || scoped && l.s[l.i] == ':' && isName(l.at(1))) {
		l.i++
	}
	return scopeless(l.s[begin:l.i])
}

// scopeless gives a variable's name in lower case, without a scope.
func scopeless(name string) string {
	name = strings.ToLower(clip(name, 256))
	for _, scope := range []string{"script:", "global:", "local:", "private:"} {
		name = strings.TrimPrefix(name, scope)
	}
	return name
}

// follows tells whether the last token is one that has members, and nothing stands between.
func (l *lexer) follows() bool {
	if len(l.out) == 0 || l.i == 0 || strings.IndexByte(" \t\r\n", l.s[l.i-1]) >= 0 {
		return false
	}
	last := &l.out[len(l.out)-1]
	return last.kind != mark && last.kind != bare || last.is(")") || last.is("}")
}

func (l *lexer) single() {
	var b strings.Builder
	for l.i++; l.i < len(l.s); l.i++ {
		if l.s[l.i] == '\'' {
			if l.at(1) != '\'' {
				break
			}
			l.i++
		}
		b.WriteByte(l.s[l.i])
	}
	l.i = min(l.i+1, len(l.s))
	l.put(literal, b.String())
}

func (l *lexer) double() {
	var b strings.Builder
	for l.i++; l.i < len(l.s); l.i++ {
		c := l.s[l.i]
		switch {
		case c == '"' && l.at(1) != '"':
			l.i++
			l.put(text, b.String())
			return
		case c == '"':
			l.i++
		case c == '`' && l.i+1 < len(l.s):
			l.i++
			c = escaped(l.s[l.i])
		}
		b.WriteByte(c)
	}
	l.put(text, b.String())
}

// escaped gives what a character behind a backtick is.
func escaped(c byte) byte {
	switch c {
	case '$':
		return dollar
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	}
	return c
}

// here reads a text that begins and ends with a line of its own.
func (l *lexer) here() {
	k, end := literal, "\n'@"
	if l.at(1) == '"' {
		k, end = text, "\n\"@"
	}
	l.i += 2
	begin := l.i
	l.upTo(end)
	l.put(k, strings.TrimLeft(l.s[begin:l.i], "\r\n"))
	l.i = min(l.i+len(end), len(l.s))
}

// typed reads a type's name in brackets; a bracket with something else behind it is a sign of its own.
func (l *lexer) typed() {
	for n := 1; n < 128; n++ {
		switch c := l.at(n); {
		case c == ']' && l.at(n+1) != ']':
			l.put(typeName, strings.ToLower(strings.Trim(l.s[l.i+1:l.i+n], "[] ")))
			l.i += n + 1
			return
		case c != '.' && c != '[' && c != ']' && c != ' ' && c != ',' && !isName(c):
			l.put(mark, "[")
			l.i++
			return
		}
	}
	l.put(mark, "[")
	l.i++
}

// bareWord reads what stands without quotes. A class's identifier in braces may be the part of a key.
func (l *lexer) bareWord() {
	var b strings.Builder
	for begin := l.i; l.i < len(l.s); l.i++ {
		c := l.s[l.i]
		if c == '`' && l.i+1 < len(l.s) {
			l.i++
			if c = l.s[l.i]; c == '\n' || c == '\r' { // the line goes on
				l.i++
				break
			}
			b.WriteByte(c)
			continue
		}
		if strings.IndexByte(" \t\r\n;|(),&'\"\x00", c) >= 0 {
			break
		}
		if c == '{' || c == '}' {
			n := strings.IndexByte(l.s[l.i:min(l.i+40, len(l.s))], '}')
			if l.i == begin || l.s[l.i-1] != '\\' || n < 0 {
				break
			}
			b.WriteString(l.s[l.i : l.i+n])
			l.i += n
			c = '}'
		}
		b.WriteByte(c)
	}
	l.put(bare, b.String())
}
