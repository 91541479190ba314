package form

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/known"
)

// others keeps the members of an object that are not known.
func (j *JSON) others(s *jsonscan.Scanner, object int, of map[string]bool) {
	s.Each(object, func(i int, n *jsonscan.Node) {
		if !of[string(n.Key)] {
			j.other(j.b.names.of(n.Key), s, i)
		}
	})
}

// othersOfSystem keeps what shippers put into System and Windows does not. Some put the message there.
func (j *JSON) othersOfSystem(s *jsonscan.Scanner, system int) {
	s.Each(system, func(i int, n *jsonscan.Node) {
		role, ok := roles[string(fold(n.Key))]
		switch name := strings.TrimSuffix(string(attribute(n.Key)), "_attributes"); {
		case role.as == asMessage && n.Kind == jsonscan.Text:
			if len(j.b.message) == 0 {
				j.message(n)
			}
		case ok, known.System[name], attributesKey(n.Key), textKey(n.Key), isXMLNS(n.Key):
		default:
			j.other(j.b.names.of(n.Key), s, i)
		}
	})
}

// other keeps a value whatever it is: of an object each member, under the keys that lead to it as far as that is short, and of an array
// each item.
func (j *JSON) other(name string, s *jsonscan.Scanner, i int) {
	if j.b.over {
		return
	}
	switch n := &s.Nodes[i]; n.Kind {
	case jsonscan.Object:
		s.Each(i, func(i int, n *jsonscan.Node) {
			key := n.Key
			if len(name)+len(key) < maxInternedSize {
				key = append(append([]byte(name), '.'), key...)
			}
			j.other(j.b.names.of(key), s, i)
		})
	case jsonscan.Array:
		s.Each(i, func(i int, _ *jsonscan.Node) { j.other(name, s, i) })
	default:
		from := len(j.b.buf)
		if j.b.buf = jsonscan.AppendNode(j.b.buf, n); len(j.b.buf) > from {
			j.b.field(name, from)
		}
	}
}
