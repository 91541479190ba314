package regcommand

import "strings"

// cmdlet is a command of PowerShell that changes what a provider holds, or leads to a key.
type cmdlet struct {
	name       string
	positional []string // the parameters that need not be named, in order
}

var (
	setProperty    = &cmdlet{"set-itemproperty", []string{"path", "name", "value"}}
	newProperty    = &cmdlet{"new-itemproperty", []string{"path", "name"}}
	removeProperty = &cmdlet{"remove-itemproperty", []string{"path", "name"}}
	clearProperty  = &cmdlet{"clear-itemproperty", []string{"path", "name"}}
	renameProperty = &cmdlet{"rename-itemproperty", []string{"path", "name", "newname"}}
	newItem        = &cmdlet{"new-item", []string{"path"}}
	removeItem     = &cmdlet{"remove-item", []string{"path"}}
	setItem        = &cmdlet{"set-item", []string{"path", "value"}}
	clearItem      = &cmdlet{"clear-item", []string{"path"}}
	renameItem     = &cmdlet{"rename-item", []string{"path", "newname"}}
	copyItem       = &cmdlet{"copy-item", []string{"path", "destination"}}
	getItem        = &cmdlet{"get-item", []string{"path"}}
	setLocation    = &cmdlet{"set-location", []string{"path"}}
	invokeWMI      = &cmdlet{"invoke-wmimethod", []string{"class", "methodname", "arguments"}}
	invokeCIM      = &cmdlet{"invoke-cimmethod", []string{"class", "arguments", "methodname"}}
	startProcess   = &cmdlet{"start-process", []string{"filepath", "arguments"}}
	invokeText     = &cmdlet{"invoke-expression", []string{"command"}}
)

// cmdlets are known by their names and PowerShell's own aliases.
var cmdlets = map[string]*cmdlet{
	"set-itemproperty": setProperty, "sp": setProperty,
	"new-itemproperty":    newProperty,
	"remove-itemproperty": removeProperty, "rp": removeProperty,
	"clear-itemproperty": clearProperty, "clp": clearProperty,
	"rename-itemproperty": renameProperty, "rnp": renameProperty,
	"new-item": newItem, "ni": newItem, "md": newItem, "mkdir": newItem,
	"remove-item": removeItem, "ri": removeItem, "rm": removeItem,
	"del": removeItem, "erase": removeItem, "rd": removeItem, "rmdir": removeItem,
	"set-item": setItem, "si": setItem,
	"clear-item": clearItem, "cli": clearItem,
	"rename-item": renameItem, "rni": renameItem, "ren": renameItem,
	"copy-item": copyItem, "copy": copyItem, "cp": copyItem, "cpi": copyItem,
	"get-item": getItem, "gi": getItem,
	"set-location": setLocation, "cd": setLocation, "sl": setLocation,
	"chdir": setLocation, "push-location": setLocation, "pushd": setLocation,
	"invoke-wmimethod": invokeWMI, "iwmi": invokeWMI,
	"invoke-cimmethod": invokeCIM, "icim": invokeCIM,
	"start-process": startProcess, "saps": startProcess, "start": startProcess,
	"invoke-expression": invokeText, "iex": invokeText,
}

// parameters are those that matter, by what they are called, with the more usual first: PowerShell takes beginnings of them, too.
var parameters = []struct{ name, is string }{
	{"path", "path"},
	{"name", "name"},
	{"value", "value"},
	{"type", "type"},
	{"propertytype", "type"},
	{"literalpath", "path"},
	{"pspath", "path"},
	{"newname", "newname"},
	{"destination", "destination"},
	{"psproperty", "name"},
	{"class", "class"},
	{"classname", "class"},
	{"methodname", "methodname"},
	{"argumentlist", "arguments"},
	{"args", "arguments"},
	{"arguments", "arguments"},
	{"filepath", "filepath"},
	{"command", "command"},
	{"computername", "computer"},
	{"cn", "computer"},
	{"whatif", "whatif"},
}

// flags are parameters without a value.
var flags = []string{"force", "passthru", "recurse", "confirm", "verbose", "debug", "usetransaction", "wait", "nonewwindow", "asjob"}

// parameter gives what a parameter is by its name or the beginning of it, and whether a value follows.
func parameter(name string) (is string, valued bool) {
	if name == "wi" || len(name) > 2 && begins(name, "whatif") {
		return "whatif", false
	}
	for _, exact := range []bool{true, false} {
		for _, p := range parameters {
			if p.name == name || !exact && begins(name, p.name) {
				return p.is, true
			}
		}
		for _, flag := range flags {
			if flag == name || !exact && begins(name, flag) {
				return "", false
			}
		}
	}
	return "", true
}

// begins tells whether a name is the beginning of a longer one, which PowerShell takes for that.
func begins(name, full string) bool { return strings.HasPrefix(full, name) }

// command reads a command of PowerShell from its name on.
func (r *reader) command(i int) int {
	name := strings.ToLower(r.expand(r.tokens[i].text))
	if at := strings.LastIndexByte(name, '\\'); at >= 0 && strings.HasPrefix(name, "microsoft.powershell.") {
		name = name[at+1:]
	}
	if c := cmdlets[name]; c != nil {
		given, next := r.arguments(c, i+1)
		r.run(c, given)
		return next
	}
	switch program(name) {
	case "reg", "setx", "wmic", "cmd", "powershell", "pwsh":
		return r.native(i)
	}
	return r.method(i)
}

// native reads the call of a program: its words up to the end of the command.
func (r *reader) native(i int) int {
	var line strings.Builder
	var ws []word
	from := i
	for ; i < len(r.tokens) && i-from < 4*maxArguments && !r.tokens[i].ends(); i++ {
		v, ok := r.operand(&r.tokens[i])
		if !ok {
			continue
		}
		start := line.Len()
		line.WriteString(v.text)
		ws = append(ws, word{v.text, start, line.Len()})
		line.WriteByte(' ')
	}
	if len(ws) > 0 && r.depth < maxDepth {
		r.finder.command(line.String(), ws, r.depth+1)
	}
	return max(i, from+1)
}

// arguments gives what a command is given, by parameter; several values of one stand in a row.
func (r *reader) arguments(c *cmdlet, i int) (map[string][]value, int) {
	given := make(map[string][]value)
	var rest [][]value
	for from := i; i < len(r.tokens) && i-from < maxArguments && !r.tokens[i].ends(); {
		t := &r.tokens[i]
		switch {
		case t.kind == splat:
			for name, v := range r.vars[t.text].table {
				if is, _ := parameter(name); is != "" {
					given[is] = append(given[is], v)
				}
			}
			i++
		case t.kind == bare && len(t.text) > 1 && t.text[0] == '-' && isName(t.text[1]) && (t.text[1] < '0' || t.text[1] > '9'):
			name, joined, colon := strings.Cut(strings.ToLower(t.text[1:]), ":")
			is, valued := parameter(name)
			i++
			var vs []value
			switch {
			case joined != "":
				vs = []value{r.written(t.text[len(name)+2:])}
			case (valued || colon) && r.at(i).kind == bare && strings.HasPrefix(r.at(i).text, "-") && !isNumber(r.at(i).text):
			case valued || colon:
				vs, i = r.list(i)
			}
			switch {
			case is == "whatif":
				given[is] = []value{{}}
			case is == "name" && (c == invokeWMI || c == invokeCIM):
				given["methodname"] = append(given["methodname"], vs...)
			case is != "":
				given[is] = append(given[is], vs...)
			}
		default:
			var vs []value
			if vs, i = r.list(i); len(vs) > 0 {
				rest = append(rest, vs)
			}
		}
	}
	for _, name := range c.positional {
		if len(given[name]) == 0 && len(rest) > 0 {
			given[name], rest = rest[0], rest[1:]
		}
	}
	return given, i
}

func isNumber(s string) bool { _, ok := number(s); return ok }

// written gives the value of what stands without quotes.
func (r *reader) written(s string) value {
	v, _ := r.operand(&token{bare, s})
	return v
}

// list reads values with commas between them. What is no constant is left out.
func (r *reader) list(i int) ([]value, int) {
	var out []value
	for len(out) < maxArguments {
		vs, next := r.one(i)
		out = append(out, vs...)
		i = next
		if !r.at(i).is(",") {
			break
		}
		i++
	}
	return out, i
}

// one reads a value of an argument: one token, or what stands in parentheses.
func (r *reader) one(i int) ([]value, int) {
	t := r.at(i)
	switch {
	case t.kind == typeName && r.at(i+1).kind != static:
		return r.one(i + 1)
	case t.kind == typeName, t.is("{@"):
		v, next := r.expression(i)
		return []value{v}, max(next, i+1)
	case t.is("("):
		vs, next := r.inside(i)
		return vs, next
	case t.kind == mark:
		return nil, i + 1
	}
	v, ok := r.operand(t)
	if !ok {
		return nil, i + 1
	}
	if next := r.at(i + 1); next.kind == member && t.kind == variable { // of what an object has, nothing is known
		v = value{text: v.text + "." + next.text}
		i++
	}
	return []value{v}, i + 1
}

// inside reads the values between parentheses, and gives where to go on behind them. What is no constant is an empty value.
func (r *reader) inside(i int) ([]value, int) {
	var out []value
	from := i
	for i++; i < len(r.tokens) && i-from < 4*maxArguments; {
		t := &r.tokens[i]
		switch {
		case t.is(")"):
			return out, i + 1
		case t.is(","), t.is("\n"):
			i++
			continue
		}
		v, next := r.expression(i)
		if next > i && (r.at(next).is(")") || r.at(next).is(",") || r.at(next).is("\n")) {
			out, i = append(out, v), next
			continue
		}
		i = r.skip(i)
		out = append(out, value{})
	}
	return out, i
}

// skip gives where an argument that is no constant ends.
func (r *reader) skip(i int) int {
	nested := 0
	for from := i; i < len(r.tokens) && i-from < 4*maxArguments; i++ {
		switch t := &r.tokens[i]; {
		case t.is("("), t.is("{"), t.is("{@"):
			nested++
		case nested == 0 && (t.is(")") || t.is(",")):
			return i
		case t.is(")"), t.is("}"):
			nested--
		}
	}
	return i
}

// path gives the key that a path of PowerShell leads to: of a drive or of the provider, or from the present location on.
func (f *finder) path(p string) string {
	p = strings.ReplaceAll(strings.TrimSpace(p), "/", `\`)
	if i := strings.Index(p, "::"); i >= 0 {
		if provider := strings.ToLower(p[:i]); provider == "registry" || provider == `microsoft.powershell.core\registry` {
			return f.key(p[i+2:])
		}
		return ""
	}
	if drive, rest, ok := strings.Cut(p, ":"); ok {
		if hive := hives[strings.ToLower(drive)]; strings.HasPrefix(hive, "HK") && hasPrefixFold(drive, "hk") {
			return f.below(hive, rest)
		}
		return ""
	}
	if f.folder == "" || strings.HasPrefix(p, `\`) {
		return ""
	}
	return f.under(f.folder, strings.TrimPrefix(strings.TrimPrefix(p, "."), `\`))
}

// run asks for what a command does with what it is given.
func (r *reader) run(c *cmdlet, given map[string][]value) {
	if given["whatif"] != nil {
		return
	}
	one := func(name string) value {
		if vs := given[name]; len(vs) > 0 {
			return vs[0]
		}
		return value{}
	}
	switch c {
	case invokeWMI, invokeCIM:
		r.invoke(c, one("class").text, one("methodname").text, given["arguments"], one("computer").text)
		return
	case startProcess:
		words := []string{one("filepath").text}
		for _, v := range given["arguments"] {
			words = append(words, v.text)
		}
		r.commands(strings.Join(words, " "), false, r.depth+1)
		return
	case invokeText:
		r.script(one("command").text, r.depth+1)
		return
	}
	keys := make([]string, 0, 1)
	for _, v := range given["path"] {
		keys = append(keys, r.path(v.text))
	}
	if len(given["path"]) == 0 {
		keys = append(keys, r.piped)
	}
	for _, key := range keys {
		if key != "" {
			r.change(c, key, given, one)
		}
	}
}

func (r *reader) change(c *cmdlet, key string, given map[string][]value, one func(string) value) {
	names := given["name"]
	switch c {
	case setProperty, newProperty:
		kind := typeOf(one("type").text)
		if len(names) == 0 && given["value"] != nil && c == newProperty {
			names = []value{{}}
		}
		for _, name := range names {
			r.set(key, name.text, kind, given["value"])
		}
	case removeProperty:
		for _, name := range names {
			r.ask(Request{Action: "delete_value", Key: key, ValueName: named(name.text)})
		}
	case clearProperty:
		for _, name := range names {
			r.set(key, name.text, "", nil)
		}
	case renameProperty:
		r.ask(Request{Action: "rename", Key: key, ValueName: named(one("name").text), NewName: one("newname").text})
	case newItem:
		if len(names) > 0 {
			key = r.under(key, names[0].text)
		}
		r.ask(Request{Action: "create_key", Key: key})
		if given["value"] != nil {
			r.set(key, "", "", given["value"])
		}
		r.open = key
	case setItem:
		r.set(key, "", typeOf(one("type").text), given["value"])
	case clearItem:
		r.ask(Request{Action: "delete_value", Key: key, ValueName: "*"})
	case removeItem:
		r.ask(Request{Action: "delete_key", Key: key})
	case renameItem:
		r.ask(Request{Action: "rename", Key: key, NewName: one("newname").text})
	case copyItem:
		r.ask(Request{Action: "create_key", Key: r.path(one("destination").text)})
	case getItem:
		r.open = key
	case setLocation:
		r.folder = key
	}
}

// set asks for a value. A number that is written as one makes a number where no type is told.
func (f *finder) set(key, name, kind string, values []value) {
	var data []string
	for _, v := range values {
		data = append(data, v.text)
	}
	if kind == "" && len(values) == 1 && values[0].number {
		kind = "REG_DWORD"
	}
	f.ask(Request{Action: "set_value", Key: key, ValueName: named(name), Type: kind, Data: shown(kind, strings.Join(data, " "))})
}
