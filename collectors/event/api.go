package event

import (
	"fmt"
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

// Param is one argument of an API.
type Param struct {
	Name   string
	Format Format
}

// Format says how an argument reads.
type Format uint8

// The formats of arguments.
const (
	Hex     Format = iota // addresses and unknown numbers
	Int                   // signed decimal
	Size                  // unsigned decimal
	Pointer               // to user memory that the source did not read
	Prot
	MapFlags
	PtraceRequest
	CloneFlags
	MountFlags
	OpenFlags
	FileMode
	MemfdFlags
	KeyctlOp
	BPFCommand
	AtFlags
	Socket
	ProcessRights // Windows access masks by the type of object
	FileRights
	KeyRights
	LogonType
	ThreadRights // Windows
	PageProtection
	AllocationType
	HookType
	RawInputFlags
)

// maxNewAPIs bounds how many names input can add.
const maxNewAPIs = 4096

var registry = struct {
	sync.RWMutex
	m map[string]*API
}{m: make(map[string]*API)}

func init() {
	for i := range linuxAPIs {
		registry.m[linuxAPIs[i].Name] = &linuxAPIs[i]
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
		if p.Format == Pointer {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p.Name)
		b.WriteByte('=')
		b.WriteString(p.Format.Text(e.Args[i]))
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

// Text gives v as the format reads.
func (f Format) Text(v uint64) string {
	switch f {
	case Int:
		return strconv.FormatInt(int64(int32(v)), 10)
	case Size:
		return strconv.FormatUint(v, 10)
	case Prot:
		return flagText(v, protFlags, "PROT_NONE")
	case MapFlags:
		return mapFlagText(v)
	case PtraceRequest:
		return enumText(v, ptraceRequests)
	case CloneFlags:
		return flagText(v, cloneFlags, "0")
	case MountFlags:
		return flagText(v&^0xffff0000_00000000, mountFlags, "0")
	case OpenFlags:
		return openFlagText(v)
	case FileMode:
		return fmt.Sprintf("0%o", v&0o7777)
	case MemfdFlags:
		return flagText(v, memfdFlags, "0")
	case KeyctlOp:
		return enumText(v, keyctlOps)
	case BPFCommand:
		return enumText(v, bpfCommands)
	case AtFlags:
		return flagText(v, atFlags, "0")
	case Socket:
		return enumText(v, socketFamilies)
	case ProcessRights:
		return flagText(v, processRights, "0")
	case FileRights:
		return flagText(v, fileRights, "0")
	case KeyRights:
		return flagText(v, keyRights, "0")
	case LogonType:
		return LogonTypeText(uint32(v))
	case ThreadRights:
		return flagText(v, threadRights, "0")
	case PageProtection:
		return flagText(v, pageProtections, "0")
	case AllocationType:
		return flagText(v, allocationTypes, "0")
	case HookType:
		return enumText(v&0xffffffff, hookTypes)
	case RawInputFlags:
		return flagText(v, rawInputFlags, "0")
	case Hex, Pointer:
	}
	return "0x" + strconv.FormatUint(v, 16)
}

type named struct {
	value uint64
	name  string
}

// flagText joins the names of the bits set by "|"; bits without a name follow in hexadecimal.
func flagText(v uint64, names []named, zero string) string {
	if v == 0 {
		return zero
	}
	var b strings.Builder
	for _, n := range names {
		if v&n.value == n.value {
			if b.Len() > 0 {
				b.WriteByte('|')
			}
			b.WriteString(n.name)
			v &^= n.value
		}
	}
	if v != 0 {
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		b.WriteString("0x" + strconv.FormatUint(v, 16))
	}
	return b.String()
}

func enumText(v uint64, names []named) string {
	for _, n := range names {
		if n.value == v {
			return n.name
		}
	}
	return "0x" + strconv.FormatUint(v, 16)
}
