package form

import (
	"bytes"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/known"
)

// wazuh reads what Wazuh writes: win, in data or not, which has the events' names with a small first letter, and values with doubled
// backslashes.
func (j *JSON) wazuh(s *jsonscan.Scanner, root, data, win int) {
	if system := s.Member(win, "system"); system > 0 {
		s.Each(system, func(i int, n *jsonscan.Node) {
			to := toNothing
			switch string(n.Key) {
			case "eventID":
				to = toEventID
			case "providerName":
				to = toProvider
			case "providerGuid":
				to = toProviderGUID
			case "systemTime":
				to = toTime
			case "eventRecordID":
				to = toRecordID
			case "processID":
				to = toPID
			case "threadID":
				to = toTID
			case "message":
				j.message(n)
			case "channel", "computer", "version", "level", "task", "opcode", "keywords":
				to = systemText(string(upperFirst(n.Key)))
			}
			if to != toNothing {
				j.set(to, s, i)
			}
		})
	}
	if values := s.Member(win, "eventdata"); values > 0 && s.Nodes[values].Kind == jsonscan.Object {
		s.Each(values, func(i int, n *jsonscan.Node) {
			if string(n.Key) == "binary" {
				j.binary(n)
				return
			}
			if n.Kind == jsonscan.Object || n.Kind == jsonscan.Array {
				j.other(j.b.names.of(upperFirst(n.Key)), s, i)
				return
			}
			from := len(j.b.buf)
			j.b.buf = jsonscan.AppendNode(j.b.buf, n)
			single := bytes.ReplaceAll(j.b.buf[from:], []byte(`\\`), []byte(`\`))
			j.b.buf = append(j.b.buf[:from], single...)
			j.b.field(j.b.names.of(upperFirst(n.Key)), from)
		})
	}
	if system := s.Member(win, "system"); system > 0 {
		j.others(s, system, known.WazuhSystem)
	}
	j.others(s, win, known.WazuhWin)
	if data > 0 {
		j.others(s, data, known.WazuhData)
	}
	j.others(s, root, known.Wazuh)
}

func upperFirst(key []byte) []byte {
	if len(key) == 0 {
		return key
	}
	out := bytes.Clone(key)
	if out[0] >= 'a' && out[0] <= 'z' {
		out[0] -= 'a' - 'A'
	}
	return out
}
