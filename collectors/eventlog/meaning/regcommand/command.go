package regcommand

import "strings"

// word is a part of a command line without its quotes.
type word struct {
	text       string
	start, end int // in the line
}

// commands reads a line that holds commands. Between them stand &, | and the like only where the command shell reads it.
func (f *finder) commands(line string, shell bool, depth int) {
	if depth > maxDepth {
		return
	}
	for rest := 0; rest < len(line) && !f.full(); {
		var ws []word
		ws, rest = split(line, rest, shell)
		f.command(line, ws, depth)
	}
}

// split gives the words of the command that begins at a place, and where the next one begins.
func split(line string, at int, shell bool) ([]word, int) {
	var out []word
	var b strings.Builder
	start, quoted, inner := -1, false, false
	end := func(at int) {
		if start >= 0 {
			out = append(out, word{b.String(), start, at})
			b.Reset()
			start = -1
		}
	}
	i := at
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case !quoted && shell && (c == '&' || c == '|' || c == '\n'):
			end(i)
			return out, i + 1
		case !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n' || shell && strings.IndexByte("()<>", c) >= 0):
			end(i)
			continue
		}
		if start < 0 {
			start = i
		}
		switch {
		case c == '\\' && i+1 < len(line) && line[i+1] == '"' && (inner || !closes(line, i+2)):
			inner = !inner // a quote in a quoted text
			i++
			b.WriteByte('"')
		case c == '"':
			quoted = !quoted
		case c == '^' && !quoted && i+1 < len(line):
			i++
			b.WriteByte(line[i])
		default:
			b.WriteByte(c)
		}
	}
	end(i)
	return out, i
}

// closes tells whether a quote before a place ends a word: people write "HKCU\Software\" and mean no quote in it.
func closes(line string, at int) bool { return at >= len(line) || line[at] == ' ' }

// speaks are commands that only say or look for what stands behind them.
var speaks = map[string]bool{"echo": true, "rem": true, "title": true, "find": true, "findstr": true}

// command reads one command, whatever starts it: what another program is told to run counts as well.
func (f *finder) command(line string, ws []word, depth int) {
	if len(ws) > 0 && speaks[program(ws[0].text)] {
		return
	}
	for i := range ws {
		rest := ws[i+1:]
		switch program(ws[i].text) {
		case "reg":
			if len(rest) > 1 && f.reg(texts(rest)) {
				return
			}
		case "setx":
			f.setx(texts(rest))
			return
		case "wmic":
			f.wmic(texts(rest))
		case "cmd", "%comspec%":
			for j := range rest {
				if s := strings.ToLower(rest[j].text); len(s) > 1 && s[0] == '/' && strings.IndexByte("ckr", s[1]) >= 0 {
					tail := line[rest[j].end:ws[len(ws)-1].end]
					f.commands(rest[j].text[2:]+unwrapped(tail), true, depth+1)
					return
				}
			}
		case "powershell", "pwsh":
			f.powershell(texts(rest), depth)
			return
		default:
			if i > 0 && strings.IndexByte(ws[i].text, ' ') >= 0 && mayAsk(ws[i].text) {
				f.commands(ws[i].text, true, depth+1)
			}
		}
	}
}

func texts(ws []word) []string {
	out := make([]string, len(ws))
	for i := range ws {
		out[i] = ws[i].text
	}
	return out
}

// unwrapped takes off the quotes around what the command shell is to run.
func unwrapped(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '"' {
		if i := strings.LastIndexByte(s, '"'); i > 0 {
			return s[1:i] + s[i+1:]
		}
	}
	return s
}

// program gives a program's name in lower case, without its folder and ending.
func program(path string) string {
	if len(path) > maxKey {
		return ""
	}
	path = strings.ToLower(strings.TrimLeft(path, "@('\""))
	path = path[strings.LastIndexAny(path, `\/`)+1:]
	return strings.TrimSuffix(strings.TrimRight(path, `'"`), ".exe")
}

// option gives a switch of reg.exe or setx in lower case, "" for what is none.
func option(s string) string {
	if len(s) > 1 && (s[0] == '/' || s[0] == '-') {
		return strings.ToLower(s[1:])
	}
	return ""
}

// reg reads what reg.exe is told; false where that changes nothing.
func (f *finder) reg(args []string) bool {
	verb := strings.ToLower(args[0])
	if verb != "add" && verb != "delete" && verb != "copy" {
		return false
	}
	var r Request
	r.Computer, r.Key = remote(args[1])
	if r.Key = f.key(r.Key); r.Key == "" {
		return false
	}
	hasData := false
	for i := 2; i < len(args); i++ {
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch option(args[i]) {
		case "v":
			r.ValueName, i = named(next), i+1
		case "ve":
			r.ValueName = Default
		case "va":
			r.ValueName = "*"
		case "t":
			r.Type, i = typeOf(next), i+1
		case "d":
			r.Data, hasData, i = next, true, i+1
		}
	}
	switch {
	case verb == "copy" && len(args) > 2:
		r.Computer, r.Key = remote(args[2])
		r.Action, r.Key = "create_key", f.key(r.Key)
	case verb == "delete" && r.ValueName != "":
		r.Action = "delete_value"
	case verb == "delete":
		r.Action = "delete_key"
	case r.ValueName != "" || hasData:
		r.Action, r.ValueName = "set_value", named(r.ValueName)
		if r.Type == "" {
			r.Type = "REG_SZ"
		}
		r.Data = shown(r.Type, r.Data)
	default:
		r.Action = "create_key"
	}
	f.ask(r)
	return true
}

// setx reads what setx.exe is told: a variable of the user's environment or, with /m, of the machine's.
func (f *finder) setx(args []string) {
	var words []string
	target, computer := "user", ""
	for i := 0; i < len(args); i++ {
		switch option(args[i]) {
		case "m":
			target = "machine"
		case "s":
			if i+1 < len(args) {
				computer = args[i+1]
			}
			i++
		case "u", "p", "k", "f":
			i++
		default:
			words = append(words, args[i])
		}
	}
	if len(words) > 1 {
		f.environment(words[0], words[1], target, computer)
	}
}

// environment asks for a variable of the environment that lasts.
func (f *finder) environment(name, data, target, computer string) {
	r := Request{Action: "set_value", ValueName: name, Data: data, Type: "REG_SZ", Computer: computer}
	switch strings.ToLower(target) {
	case "user", "1":
		r.Key = f.below("HKCU", "Environment")
	case "machine", "2":
		r.Key = f.below("HKLM", `System\CurrentControlSet\Control\Session Manager\Environment`)
	}
	if name != "" {
		f.ask(r)
	}
}

// wmic reads wmic.exe's call of StdRegProv: class stdregprov call SetStringValue hDefKey="&H80000001" sSubKeyName="…" ….
func (f *finder) wmic(args []string) {
	method, computer, seen := "", "", false
	given := make(map[string]value)
	for i, a := range args {
		a = strings.Trim(a, " ,()")
		switch name, data, ok := strings.Cut(a, "="); {
		case ok:
			given[strings.ToLower(name)] = value{text: strings.Trim(data, `"' `)}
		case hasPrefixFold(a, "/node:"):
			computer = strings.Trim(a[len("/node:"):], `"'\`)
		case strings.EqualFold(a, "stdregprov"):
			seen = true
		case strings.EqualFold(a, "call") && seen && i+1 < len(args):
			method, _, _ = strings.Cut(args[i+1], "(")
		}
	}
	f.provider(method, given, computer)
}

// powershell reads the script in the arguments of powershell.exe, which joins them as they are.
func (f *finder) powershell(args []string, depth int) {
	for i := 0; i < len(args); i++ {
		name := option(args[i])
		switch {
		case name == "":
			f.script(strings.Join(args[i:], " "), depth+1)
			return
		case begins(name, "command"):
			f.script(strings.Join(args[i+1:], " "), depth+1)
			return
		case name[0] == 'e' && (name == "e" || name == "ec" || strings.HasPrefix(name, "en")), begins(name, "file"):
			return
		case takesValue(name):
			i++
		}
	}
}

// takesValue tells whether a switch of powershell.exe has a value behind it.
func takesValue(name string) bool {
	for _, full := range []string{
		"executionpolicy", "ep", "windowstyle", "version", "inputformat", "outputformat", "psconsolefile", "configurationname",
		"workingdirectory",
	} {
		if begins(name, full) {
			return true
		}
	}
	return false
}
