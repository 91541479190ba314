package regcommand

import (
	"strconv"
	"strings"
)

// call reads the call of a method of .NET or of WMI from its name on.
func (r *reader) call(name string, i int) int {
	if !classMethods[strings.ToLower(name)] && !methods[strings.ToLower(name)] {
		return i + 1
	}
	before := r.open
	args, next := r.inside(i + 1)
	text := func(n int) string {
		if n < len(args) {
			return args[n].text
		}
		return ""
	}
	switch strings.ToLower(name) {
	case "setvalue":
		key := before
		if r.tokens[i].kind == static || key == "" && r.key(text(0)) != "" { // [Microsoft.Win32.Registry]::SetValue(key, …)
			if key = r.key(text(0)); len(args) > 0 {
				args = args[1:]
			}
		}
		if len(args) > 1 && key != "" {
			r.set(key, text(0), typeOf(text(2)), args[1:2])
		}
	case "opensubkey":
		r.opened(before, text(0))
	case "createsubkey":
		if r.opened(before, text(0)); r.open != "" {
			r.ask(Request{Action: "create_key", Key: r.open})
		}
	case "deletesubkey", "deletesubkeytree":
		if before != "" && text(0) != "" {
			r.ask(Request{Action: "delete_key", Key: r.under(before, text(0))})
		}
	case "deletevalue":
		if before != "" {
			r.ask(Request{Action: "delete_value", Key: before, ValueName: named(text(0))})
			break
		}
		r.provider(name, inOrder(name, args, false), "")
	case "openbasekey", "openremotebasekey":
		r.open = r.key(text(0))
	case "setenvironmentvariable":
		r.environment(text(0), text(1), text(2), "")
	default:
		r.hostOrProvider(name, args)
	}
	return next
}

// classMethods are those of .NET that change something or lead to a key, in lower case.
var classMethods = map[string]bool{
	"setvalue": true, "opensubkey": true, "createsubkey": true, "deletesubkey": true, "deletesubkeytree": true, "deletevalue": true,
	"openbasekey": true, "openremotebasekey": true, "setenvironmentvariable": true,
}

func (r *reader) opened(before, path string) {
	r.open = ""
	if before != "" && path != "" {
		r.open = r.under(before, path)
	}
}

// method reads the call of a method in Visual Basic or JScript: object.method arguments, with parentheses or without.
func (r *reader) method(i int) int {
	dot := strings.LastIndexByte(r.tokens[i].text, '.')
	if dot < 0 {
		return i + 1
	}
	name := r.tokens[i].text[dot+1:]
	switch {
	case !methods[strings.ToLower(name)]:
		return i + 1
	case r.at(i + 1).is("("):
		args, next := r.inside(i + 1)
		r.hostOrProvider(name, args)
		return next
	}
	args, next := r.list(i + 1)
	r.hostOrProvider(name, args)
	return next
}

// methods are those of StdRegProv that change something and those of the Windows Script Host, in lower case.
var methods = map[string]bool{
	"setdwordvalue": true, "setqwordvalue": true, "setstringvalue": true, "setexpandedstringvalue": true, "setmultistringvalue": true,
	"setbinaryvalue": true, "createkey": true, "deletekey": true, "deletevalue": true, "regwrite": true, "regdelete": true,
}

// hostOrProvider asks for what a method of the Windows Script Host or of StdRegProv does.
func (r *reader) hostOrProvider(name string, args []value) {
	name = strings.ToLower(name)
	if name != "regwrite" && name != "regdelete" {
		r.provider(name, inOrder(name, args, false), "")
		return
	}
	if len(args) == 0 {
		return
	}
	path := args[0].text
	last := strings.LastIndexByte(path, '\\')
	if last < 0 {
		return
	}
	key, value := r.key(path[:last]), path[last+1:]
	switch {
	case name == "regdelete" && value == "":
		r.ask(Request{Action: "delete_key", Key: key})
	case name == "regdelete":
		r.ask(Request{Action: "delete_value", Key: key, ValueName: value})
	case len(args) > 1 && key != "":
		kind := "REG_SZ"
		if len(args) > 2 && typeOf(args[2].text) != "" {
			kind = typeOf(args[2].text)
		}
		r.set(key, value, kind, args[1:2])
	}
}

// data gives the name of a method's parameter that the data is in, "" for a method without one.
func data(method string) string {
	switch strings.ToLower(method) {
	case "setstringvalue", "setexpandedstringvalue", "setmultistringvalue":
		return "svalue"
	case "setdwordvalue", "setqwordvalue", "setbinaryvalue":
		return "uvalue"
	}
	return ""
}

// inOrder names the arguments of a method of StdRegProv. Invoke-WmiMethod takes them in the order of the parameters' names.
func inOrder(method string, args []value, sorted bool) map[string]value {
	names := []string{"hdefkey", "ssubkeyname", "svaluename", data(method)}
	if sorted && names[3] == "svalue" {
		names[2], names[3] = names[3], names[2]
	}
	if len(args) > 0 && handle(args[0].text) == "" { // the root may be left out: HKLM
		names = names[1:]
	}
	given := make(map[string]value)
	for i := range min(len(names), len(args)) {
		given[names[i]] = args[i]
	}
	return given
}

// invoke asks for what a command that calls a method of WMI does.
func (r *reader) invoke(c *cmdlet, class, method string, args []value, computer string) {
	if !strings.EqualFold(class, "stdregprov") {
		return
	}
	if len(args) == 1 && args[0].table != nil {
		given := make(map[string]value)
		for name, v := range args[0].table {
			given[strings.ToLower(name)] = v
		}
		r.provider(method, given, computer)
		return
	}
	r.provider(method, inOrder(method, args, c == invokeWMI), computer)
}

// provider asks for what a method of StdRegProv does with arguments that are named.
func (f *finder) provider(method string, given map[string]value, computer string) {
	hive := "HKLM"
	if v, ok := given["hdefkey"]; ok {
		hive = handle(v.text)
	}
	sub := strings.TrimSpace(given["ssubkeyname"].text)
	if hive == "" || sub == "" || strings.HasPrefix(sub, "$") {
		return
	}
	r := Request{Key: f.below(hive, sub), Computer: computer}
	switch method = strings.ToLower(method); method {
	case "createkey":
		r.Action = "create_key"
	case "deletekey":
		r.Action = "delete_key"
	case "deletevalue":
		r.Action, r.ValueName = "delete_value", named(given["svaluename"].text)
	default:
		field := data(method)
		if field == "" {
			return
		}
		r.Action, r.ValueName, r.Type = "set_value", named(given["svaluename"].text), typeOf(method)
		r.Data = shown(r.Type, given[field].text)
	}
	f.ask(r)
}

// bindings reads what PowerShell logs of its commands: ParameterBinding(Set-ItemProperty): name="Path"; value="HKLM:\…".
func (f *finder) bindings(s string) {
	r := reader{finder: f}
	command, given := "", make(map[string][]value)
	done := func() {
		if c := cmdlets[command]; c != nil && c != getItem && c != setLocation && c != startProcess && c != invokeText && !f.full() {
			r.run(c, given)
		}
		command, given = "", make(map[string][]value)
	}
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "CommandInvocation("); ok {
			done()
			command, _, _ = strings.Cut(strings.ToLower(rest), ")")
			continue
		}
		rest, ok := strings.CutPrefix(line, "ParameterBinding(")
		if !ok {
			continue
		}
		of, rest, _ := strings.Cut(rest, `): name="`)
		name, rest, ok := strings.Cut(rest, `"; value="`)
		if !ok {
			continue
		}
		if of = strings.ToLower(of); of != command {
			done()
			command = of
		}
		is, _ := parameter(strings.ToLower(name))
		if is == "whatif" {
			given[is] = []value{{}}
		} else if is != "" && len(given[is]) < maxArguments {
			text := strings.TrimSuffix(rest, `"`)
			_, err := strconv.ParseUint(text, 0, 32)
			given[is] = append(given[is], value{text: text, number: err == nil})
		}
	}
	done()
}
