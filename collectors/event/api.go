package event

import (
	"strconv"
	"strings"
	"sync"
)

// API is an operating-system function. There is one value for each name: compare by pointer.
type API struct {
	Name     string // "ptrace", "OpenProcess"
	Category string // "process", "memory", "file", "credentials", "namespace", "network", "module", "other"
	Params   []Param
}

// Param is one argument of an API. Text gives a value as it reads; it is nil for a pointer to memory that the source did not read.
type Param struct {
	Name string
	Text func(uint64) string
}

// maxNewAPIs bounds how many names input can add.
const maxNewAPIs = 4096

var registry = struct {
	sync.RWMutex
	m map[string]*API
}{m: make(map[string]*API)}

func init() {
	for _, list := range [][]API{linuxAPIs, windowsAPIs, tracedAPIs, serviceAPIs} {
		for i := range list {
			registry.m[list[i].Name] = &list[i]
		}
	}
}

// otherAPI stands for names beyond maxNewAPIs.
var otherAPI = &API{Name: "other", Category: "other"}

// APINamed gives the API of a name, made on first use with the category "other".
func APINamed(name string) *API {
	registry.RLock()
	a := registry.m[name]
	registry.RUnlock()
	if a != nil {
		return a
	}
	registry.Lock()
	defer registry.Unlock()
	if a := registry.m[name]; a != nil {
		return a
	}
	if len(registry.m) > maxNewAPIs {
		return otherAPI
	}
	a = &API{Name: strings.Clone(name), Category: "other"}
	registry.m[a.Name] = a
	return a
}

// RawArguments gives the event's raw arguments, "a0=0x10 a1=0x4d2".
func (e *Event) RawArguments() string {
	var b strings.Builder
	for i := range e.NArgs {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteByte('a')
		b.WriteByte('0' + i)
		b.WriteString("=0x")
		b.WriteString(strconv.FormatUint(e.Args[i], 16))
	}
	return b.String()
}

// Arguments gives the event's arguments by name, "request=PTRACE_ATTACH pid=1234", as far as the API's parameters are
// known.
func (e *Event) Arguments() string {
	if e.API == nil {
		return ""
	}
	var b strings.Builder
	for i := range min(int(e.NArgs), len(e.API.Params)) {
		p := e.API.Params[i]
		if p.Text == nil {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p.Name)
		b.WriteByte('=')
		b.WriteString(p.Text(e.Args[i]))
	}
	e.describe(&b)
	return b.String()
}

// Argument gives the raw argument of a name.
func (e *Event) Argument(name string) (uint64, bool) {
	if e.API == nil {
		return 0, false
	}
	for i := range min(int(e.NArgs), len(e.API.Params)) {
		if e.API.Params[i].Name == name {
			return e.Args[i], true
		}
	}
	return 0, false
}

// described is a detail that says more of a call than its numbers: what it gives follows the arguments by name.
type described interface{ arguments() []Argument }

// Argument is one thing that an event says of a call.
type Argument struct{ Name, Value string }

// Described gives what an event says of a call beside its numbers.
func (e *Event) Described() []Argument {
	if of := e.Kind.Descriptor().Arguments; of != nil {
		return of(e)
	}
	var out []Argument
	if e.API != nil && strings.Contains(e.API.Name, ".") { // a remote call: interface.operation
		out = append(out, Argument{"operation", e.API.Name})
	}
	if d, ok := e.Detail.(described); ok {
		out = append(out, d.arguments()...)
	}
	return out
}

// describe adds what an event says of a call, "enabled=SeDebugPrivilege"; what is empty is left out.
func (e *Event) describe(b *strings.Builder) {
	for _, a := range e.Described() {
		if a.Value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.Name)
		b.WriteByte('=')
		b.WriteString(a.Value)
	}
}
