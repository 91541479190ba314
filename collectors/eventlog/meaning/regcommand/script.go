package regcommand

import (
	"strings"
)

// value is what a variable or an argument is, as far as the text says.
type value struct {
	text   string
	number bool             // written as one
	key    string           // of an object that is an open key
	table  map[string]value // of one that is a table
}

// Bounds of what is kept of a script's variables and of a command's arguments.
const (
	maxVariables = 256
	maxArguments = 64
)

// script reads a script.
func (f *finder) script(s string, depth int) {
	if depth > maxDepth || !mayAsk(s) {
		return
	}
	outer, folder := f.vars, f.folder
	f.vars = make(map[string]value)
	r := reader{finder: f, tokens: tokens(s), depth: depth}
	for i := 0; i < len(r.tokens) && !f.full(); {
		i = max(r.step(i), i+1)
	}
	r.endStatement()
	f.vars, f.folder = outer, folder
}

// reader goes through a script's tokens once.
type reader struct {
	*finder
	tokens   []token
	depth    int
	open     string // the key that the expression being read has opened
	assigned string // the variable that it is assigned to
	piped    string // the key that the command before hands on
}

func (r *reader) at(i int) *token {
	if i < len(r.tokens) {
		return &r.tokens[i]
	}
	return &token{mark, "\n"}
}

// step reads what begins at a token and gives where to go on.
func (r *reader) step(i int) int {
	t := r.at(i)
	switch t.kind {
	case mark:
		if t.ends() && !t.is(")") {
			piped := ""
			if t.is("|") {
				piped = r.open
			}
			r.endStatement()
			r.piped = piped
		}
	case variable:
		if r.at(i+1).is("=") || r.at(i+1).is("+") && r.at(i+2).is("=") {
			return r.assign(i)
		}
		if v := r.vars[t.text]; v.key != "" {
			r.open = v.key
		}
	case static, member:
		if t.kind == static && r.at(i-1).kind == typeName && strings.HasSuffix(r.tokens[i-1].text, "registry") && !r.at(i+1).is("(") {
			r.open = r.key(t.text)
			return i + 1
		}
		if r.at(i + 1).is("(") {
			return r.call(t.text, i)
		}
	case bare:
		if i == 0 || r.tokens[i-1].begins() {
			return r.command(i)
		}
		return r.method(i)
	case literal, text:
		if i > 0 && r.tokens[i-1].is("&") {
			return r.command(i)
		}
	case splat, typeName:
	}
	return i + 1
}

func (r *reader) endStatement() {
	if r.assigned != "" && r.open != "" && len(r.vars) < maxVariables {
		r.vars[r.assigned] = value{key: r.open}
	}
	r.open, r.assigned = "", ""
}

// assign reads an assignment: of a constant it keeps the value; what else stands there may be a command.
func (r *reader) assign(i int) int {
	r.endStatement()
	name, from := r.tokens[i].text, i+2
	before := value{}
	if r.at(i + 1).is("+") {
		before, from = r.vars[name], i+3
	}
	v, next := r.expression(from)
	if next > from && (r.at(next).ends() || next >= len(r.tokens)) {
		v.text = clip(before.text+v.text, maxData)
		if _, known := r.vars[name]; known || len(r.vars) < maxVariables {
			r.vars[name] = v
		}
		return next
	}
	delete(r.vars, name)
	r.assigned = name
	return from
}

// expand puts in the values of variables; one that is not known stays as it is written.
func (f *finder) expand(s string) string {
	if strings.IndexByte(s, '$') < 0 {
		return strings.ReplaceAll(s, string(dollar), "$")
	}
	var b strings.Builder
	for s != "" && b.Len() <= maxData && f.budget > 0 {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			i = len(s)
		}
		b.WriteString(s[:i])
		if s = s[i:]; s == "" {
			break
		}
		l := lexer{s: s, i: 1}
		v, known := value{}, false
		if len(s) > 1 && (isName(s[1]) || s[1] == '{') {
			v, known = f.vars[l.name(true)]
		}
		if known && v.key == "" && v.table == nil {
			b.WriteString(v.text)
			f.budget -= len(v.text)
		} else {
			b.WriteString(s[:l.i])
		}
		s = s[l.i:]
	}
	f.budget -= b.Len()
	return strings.ReplaceAll(b.String(), string(dollar), "$")
}

// operand gives the value of a token that has one.
func (r *reader) operand(t *token) (value, bool) {
	switch t.kind {
	case literal:
		return value{text: t.text}, true
	case text:
		return value{text: r.expand(t.text)}, true
	case bare:
		s := r.expand(t.text)
		_, isNumber := number(s)
		return value{text: s, number: isNumber}, true
	case variable:
		if v, ok := r.vars[t.text]; ok {
			r.budget -= len(v.text)
			return v, true
		}
		return value{text: "$" + t.text}, true
	case mark, splat, member, static, typeName:
	}
	return value{}, false
}

// expression reads a constant expression: values added together, casts, lists of values. It gives where the expression ends, or where it
// began if it is none.
func (r *reader) expression(i int) (value, int) {
	var out value
	from, parts, nested := i, 0, 0
	for ; i < len(r.tokens) && i-from < maxArguments; i++ {
		t := &r.tokens[i]
		switch {
		case t.is("("):
			nested++
			continue
		case t.is(")") && nested > 0:
			nested--
			continue
		case t.is("{@") && parts == 0:
			return r.table(i)
		case t.kind == typeName && r.at(i+1).kind == static: // a name of an enumeration
			out, parts = value{text: r.tokens[i+1].text}, parts+1
			i++
			continue
		case t.kind == typeName:
			continue
		case t.is("+"):
			continue
		}
		v, ok := r.operand(t)
		if !ok || parts > 0 && !r.tokens[i-1].is("+") && !r.tokens[i-1].is("(") && r.tokens[i-1].kind != typeName {
			break
		}
		if parts == 0 {
			out = v
		} else {
			out = value{text: clip(out.text+v.text, maxData)}
		}
		parts++
	}
	if parts == 0 || nested > 0 {
		return value{}, from
	}
	return out, i
}

// table reads @{ name = value; … }.
func (r *reader) table(i int) (value, int) {
	out := value{table: make(map[string]value)}
	from := i
	for i++; i < len(r.tokens) && i-from < 8*maxArguments; {
		t := &r.tokens[i]
		switch {
		case t.is("}"):
			return out, i + 1
		case r.at(i+1).is("=") && (t.kind == bare || t.kind == literal || t.kind == text):
			v, next := r.expression(i + 2)
			if next > i+2 {
				out.table[strings.ToLower(t.text)] = v
			}
			i = max(next, i+2)
		case t.kind == bare && strings.IndexByte(t.text, '=') > 0: // name=value without blanks
			name, data, _ := strings.Cut(t.text, "=")
			if strings.HasPrefix(data, "[") { // a cast
				_, data, _ = strings.Cut(data, "]")
			}
			v, next := r.written(data), i+1
			if data == "" {
				v, next = r.expression(i + 1)
			}
			out.table[strings.ToLower(name)] = v
			i = max(next, i+1)
		default:
			i++
		}
	}
	return value{}, from
}
