package form

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/ecs"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

// Elastic's modules and integrations move an event's values out of winlog.event_data to the fields of their common schema, and
// remove what they moved. ecs puts them back under the names that the event has, where it has them no more.
//
// Source: the ingest pipelines of Winlogbeat's modules (x-pack/winlogbeat/module in elastic/beats, sysmon.yml, security.yml,
// powershell.yml and powershell_operational.yml), and of the integrations windows and system, which do the same.

// movesValues tells the keys of a document's root that may hold moved values, by what stands before the first dot.
func movesValues(key []byte) bool {
	first, _, _ := bytes.Cut(key, []byte("."))
	switch string(first) {
	case "process", "file", "source", "destination", "network", "dns", "sysmon", "user", "registry", "powershell":
		return true
	}
	return false
}

// ecs reads the members of a document's root that movesValues tells.
func (j *JSON) ecs(s *jsonscan.Scanner, root int) {
	m := moved{j: j, s: s, event: j.b.rec.EventID, separator: "="}
	if m.names = ecs.Moved(j.b.rec.Provider, m.event); m.names == nil {
		return
	}
	if strings.Contains(j.b.rec.Provider, "PowerShell") && m.event >= 4100 {
		m.separator = " = "
	}
	s.Each(root, func(i int, n *jsonscan.Node) {
		if movesValues(n.Key) {
			m.walk(n.Key, i)
		}
	})
	m.end()
}

// moved gathers what is put back.
type moved struct {
	j         *JSON
	s         *jsonscan.Scanner
	event     uint32
	names     map[string]string
	path      []byte
	separator string // between name and value in a context

	hashes, domain, user, data, kind, resolved []byte
	context, details                           []byte // of PowerShell: lines of name and value; the commands invoked
}

// walk goes through a value; path are the keys that lead to it.
func (m *moved) walk(path []byte, i int) {
	n := &m.s.Nodes[i]
	if n.Kind == jsonscan.Object {
		from := len(m.path)
		m.path = append(append(m.path, path...), '.')
		m.s.Each(i, func(i int, n *jsonscan.Node) { m.walk(n.Key, i) })
		m.path = m.path[:from]
		return
	}
	from := len(m.path)
	m.path = append(m.path, path...)
	m.value(string(m.path), i)
	m.path = m.path[:from]
}

// value takes the value of one path.
func (m *moved) value(path string, i int) {
	if name, ok := m.names[path]; ok {
		if path == "file.path" {
			name = m.file(name)
		}
		if m.lacks(name) {
			m.j.field(name, m.s, i)
		}
		return
	}
	n := &m.s.Nodes[i]
	switch path {
	case "user.domain":
		m.domain = jsonscan.AppendNode(m.domain[:0], n)
	case "user.name":
		m.user = jsonscan.AppendNode(m.user[:0], n)
	case "registry.data.type":
		m.kind = jsonscan.AppendNode(m.kind[:0], n)
	case "registry.data.strings":
		m.data = m.joined(m.data[:0], i, " ")
	case "dns.resolved_ip":
		m.resolved = m.joined(m.resolved[:0], i, ";")
	case "network.direction":
		switch m.j.value(n) {
		case "egress", "outbound":
			m.put("Initiated", []byte("true"))
		case "ingress", "inbound":
			m.put("Initiated", []byte("false"))
		}
	case "sysmon.dns.status":
		if text := m.j.value(n); text == "SUCCESS" {
			m.put("QueryStatus", []byte("0"))
		} else {
			m.put("QueryStatus", []byte(text))
		}
	case "process.command_line", "process.title", "powershell.engine.version", "powershell.command.name", "powershell.command.path",
		"powershell.command.value":
		m.line(ecs.Context[path], n)
	case "file.name":
		if strings.HasSuffix(m.j.b.rec.Provider, "Sysmon") && (m.event == 17 || m.event == 18) && m.lacks("PipeName") {
			m.j.field("PipeName", m.s, i)
		}
	case "powershell.command.invocation_details":
		m.s.Each(i, func(i int, _ *jsonscan.Node) { m.invocation(i) })
	default:
		if algorithm, ok := ecs.Hashes[path]; ok {
			if len(m.hashes) > 0 {
				m.hashes = append(m.hashes, ',')
			}
			m.hashes = append(append(m.hashes, algorithm...), '=')
			m.hashes = append(m.hashes, strings.ToUpper(m.j.value(n))...)
		}
	}
}

// file gives what an event calls the file that it is about.
func (m *moved) file(name string) string {
	switch {
	case name != "TargetFilename":
	case m.event == 6 || m.event == 7:
		return "ImageLoaded"
	case m.event == 9:
		return "Device"
	}
	return name
}

// lacks tells whether the record has no value of that name.
func (m *moved) lacks(name string) bool {
	_, has := m.j.b.rec.Lookup(name)
	return !has
}

// put adds a value if the record has none of that name.
func (m *moved) put(name string, value []byte) {
	if len(value) == 0 || !m.lacks(name) {
		return
	}
	from := len(m.j.b.buf)
	m.j.b.buf = typed.AppendPlain(m.j.b.buf, value)
	m.j.b.field(name, from)
}

// joined appends an array's items, or a single value.
func (m *moved) joined(dst []byte, i int, separator string) []byte {
	if m.s.Nodes[i].Kind != jsonscan.Array {
		return jsonscan.AppendNode(dst, &m.s.Nodes[i])
	}
	m.s.Each(i, func(_ int, n *jsonscan.Node) {
		if len(dst) > 0 {
			dst = append(dst, separator...)
		}
		dst = jsonscan.AppendNode(dst, n)
	})
	return dst
}

// value gives a value's text.
func (j *JSON) value(n *jsonscan.Node) string { return string(jsonscan.AppendNode(nil, n)) }

func (m *moved) line(name string, n *jsonscan.Node) {
	m.context = append(append(m.context, name...), m.separator...)
	m.context = append(jsonscan.AppendNode(m.context, n), '\n')
}

// invocation adds a line of a pipeline's details as PowerShell writes it.
func (m *moved) invocation(i int) {
	var part [4]string
	for k, key := range [...]string{"type", "related_command", "name", "value"} {
		if at := m.s.Member(i, key); at > 0 {
			part[k] = m.j.value(&m.s.Nodes[at])
		}
	}
	switch typ, command, name, value := part[0], part[1], part[2], part[3]; {
	case typ == "":
		m.details = append(m.details, value...)
	case name != "":
		m.details = append(m.details, typ+"("+command+"): name="+name+"; value="+value...)
	default:
		m.details = append(m.details, typ+"("+command+"): "+value...)
	}
	m.details = append(m.details, '\n')
}

// end adds what was put together from several fields.
func (m *moved) end() {
	r := &m.j.b.rec
	if strings.HasSuffix(r.Provider, "Sysmon") {
		m.put("Hashes", m.hashes)
		if len(m.domain) > 0 && len(m.user) > 0 {
			m.put("User", append(append(m.domain, '\\'), m.user...))
		}
		m.put("QueryResults", m.resolved)
		m.put("Details", m.registryData())
		if m.event == 25 && !bytes.Contains(m.j.b.message, []byte("\n")) {
			m.put("Type", m.j.b.message)
		}
		return
	}
	if !strings.Contains(r.Provider, "PowerShell") || m.event == 4104 {
		return
	}
	if len(m.domain) > 0 && len(m.user) > 0 {
		m.context = append(append(m.context, "User"+m.separator...), m.domain...)
		m.context = append(append(append(m.context, '\\'), m.user...), '\n')
	}
	if m.event >= 4100 {
		m.put("ContextInfo", m.context)
		m.put("Payload", m.details)
		return
	}
	m.put("Context", m.context)
	m.put("Details", m.details)
}

// registryData gives the data of a registry value as Sysmon writes it: Elastic's numbers are decimal.
func (m *moved) registryData() []byte {
	n, err := strconv.ParseUint(string(m.data), 10, 64)
	switch kind := string(m.kind); {
	case err != nil:
	case kind == "SZ_DWORD" || kind == "REG_DWORD":
		return []byte("DWORD (" + hex8(n) + ")")
	case kind == "SZ_QWORD" || kind == "REG_QWORD":
		return []byte("QWORD (" + hex8(n>>32) + "-" + hex8(n&0xffffffff) + ")")
	}
	return m.data
}

func hex8(n uint64) string {
	s := strconv.FormatUint(n, 16)
	return "0x" + strings.Repeat("0", max(0, 8-len(s))) + s
}
