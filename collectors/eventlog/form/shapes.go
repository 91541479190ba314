package form

import (
	"bytes"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
)

// record fills the builder from a document of whatever shape, and reports whether it knows the shape.
func (j *JSON) record(s *jsonscan.Scanner, root, depth int) bool {
	if s.Nodes[root].Kind != jsonscan.Object || depth > 4 {
		return false
	}
	// One pass over the keys tells the shape.
	var has struct {
		gelf, event, system, winlog, beatData, eventID, eventid, ecmdID, payload, rule, win, data, columns, id, log, source, raw, result,
		fields, body int
		flatWinlog bool
	}
	s.Each(root, func(i int, n *jsonscan.Node) {
		object := n.Kind == jsonscan.Object
		switch string(n.Key) {
		case "Event":
			has.event = i
		case "System":
			has.system = i
		case "winlog":
			if object {
				has.winlog = i
			}
		case "event_data", "log_name", "user_data":
			has.beatData = i
		case "EventID":
			has.eventID = i
		case "_EventID":
			has.gelf = i
		case "eventid":
			has.eventid = i
		case "EventId":
			has.ecmdID = i
		case "Payload":
			has.payload = i
		case "RuleTitle":
			has.rule = i
		case "win":
			has.win = i
		case "data":
			has.data = i
		case "columns":
			has.columns = i
		case "Id":
			has.id = i
		case "LogName":
			has.log = i
		case "_source":
			has.source = i
		case "_raw":
			has.raw = i
		case "result":
			has.result = i
		case "fields":
			has.fields = i
		case "body":
			has.body = i
		default:
			has.flatWinlog = has.flatWinlog || bytes.HasPrefix(n.Key, []byte("winlog."))
		}
	})
	switch {
	case has.event > 0 && s.Nodes[has.event].Kind == jsonscan.Object:
		j.event(s, has.event)
	case has.system > 0 && s.Nodes[has.system].Kind == jsonscan.Object:
		j.event(s, root)
	case has.winlog > 0 || has.flatWinlog:
		j.winlogbeat(s, root)
	case has.beatData > 0 && s.Member(root, "event_id") > 0 && (s.Member(root, "source_name") > 0 || s.Member(root, "log_name") > 0):
		j.beat6(s, root)
	case has.ecmdID > 0 && has.payload > 0:
		j.evtxECmd(s, root)
	case has.rule > 0 && has.eventID > 0:
		j.hayabusa(s, root)
	case has.win > 0:
		j.wazuh(s, root, 0, has.win)
	case has.data > 0 && s.Member(has.data, "win") > 0:
		j.wazuh(s, root, has.data, s.Member(has.data, "win"))
	case has.eventid > 0 && s.Member(root, "provider_name") > 0:
		j.osquery(s, root)
	case has.columns > 0:
		return j.record(s, has.columns, depth+1)
	case has.source > 0:
		return j.record(s, has.source, depth+1)
	case has.id > 0 && has.log > 0:
		j.getWinEvent(s, root)
	case has.eventID > 0:
		j.flat(s, root, "")
	case has.gelf > 0:
		j.flat(s, root, "_")
	case idOf(s, root) > 0:
		return j.loose(s, root, s.Nodes[idOf(s, root)].Key)
	case has.body > 0 && s.Member(has.body, "kvlistValue") > 0:
		return j.otlp(s, has.body)
	case has.raw > 0:
		return j.embedded(s, has.raw)
	case has.result > 0:
		return j.record(s, has.result, depth+1)
	case has.fields > 0: // of a search's hit that gives no source
		return j.record(s, has.fields, depth+1)
	default:
		return false
	}
	return true
}

// set fills a part of System from a scalar; of an array, from its first item.
func (j *JSON) set(to target, s *jsonscan.Scanner, i int) {
	n := &s.Nodes[i]
	switch n.Kind {
	case jsonscan.Text, jsonscan.Number, jsonscan.Bool:
		from := len(j.b.buf)
		j.b.buf = jsonscan.AppendNode(j.b.buf, n)
		j.b.text(to, "", j.b.buf[from:])
		j.b.buf = j.b.buf[:from]
	case jsonscan.Array:
		if n.End > int32(i)+1 {
			j.set(to, s, i+1)
		}
	default:
	}
}

// setAt is set for a member of an object, if it is there.
func (j *JSON) setAt(to target, s *jsonscan.Scanner, object int, path ...string) {
	for _, key := range path {
		if object = s.Member(object, key); object < 0 {
			return
		}
	}
	j.set(to, s, object)
}

// message keeps the rendered text.
func (j *JSON) message(n *jsonscan.Node) {
	j.b.message = jsonscan.AppendNode(j.b.message[:0], n)
}

// field adds a value by the name it has. An object gives its leaves, an array one value for each item.
func (j *JSON) field(name string, s *jsonscan.Scanner, i int) {
	n := &s.Nodes[i]
	if j.b.over {
		return // whatever else there is
	}
	switch n.Kind {
	case jsonscan.Array:
		s.Each(i, func(i int, _ *jsonscan.Node) { j.field(name, s, i) })
	case jsonscan.Object:
		j.object(name, s, i)
	default:
		from := len(j.b.buf)
		j.b.buf = jsonscan.AppendNode(j.b.buf, n)
		j.b.field(name, from)
	}
}

// textKey tells the keys under which tools keep an element's text.
func textKey(key []byte) bool {
	switch string(key) {
	case "#text", "text", "$value", "_value", "Value", "value", "$t":
		return true
	}
	return false
}

// attributesKey tells the keys under which tools keep an element's attributes.
func attributesKey(key []byte) bool {
	switch string(key) {
	case "#attributes", "attributes", "$", "@attributes":
		return true
	}
	return false
}

// attribute cuts the mark off an attribute's key.
func attribute(key []byte) []byte {
	if len(key) > 1 && (key[0] == '@' || key[0] == '_') {
		return key[1:]
	}
	return key
}

func isXMLNS(key []byte) bool {
	return bytes.HasPrefix(attribute(key), []byte("xmlns"))
}

// object adds what an element became in JSON: an object with its text and attributes, or with its children.
func (j *JSON) object(name string, s *jsonscan.Scanner, i int) {
	text, named, called := -1, -1, -1
	leaf := true
	s.Each(i, func(i int, n *jsonscan.Node) {
		switch {
		case textKey(n.Key):
			text = i
		case attributesKey(n.Key):
			if at := s.Member(i, "Name"); at > 0 {
				named = at
			}
		case string(attribute(n.Key)) == "Name" && n.Kind != jsonscan.Object && n.Kind != jsonscan.Array:
			named = i
		case string(n.Key) == "name" && name == "" && n.Kind == jsonscan.Text:
			called = i
		case isXMLNS(n.Key):
		default:
			leaf = false
		}
	})
	switch {
	case called >= 0 && text >= 0 && named < 0:
		named = called
	case called >= 0:
		leaf = false
	}
	if leaf && (text >= 0 || named >= 0) {
		if named >= 0 && (name == "" || name == "Data" || name == "ComplexData") {
			from := len(j.b.buf)
			j.b.buf = jsonscan.AppendNode(j.b.buf, &s.Nodes[named])
			name = j.b.names.of(j.b.buf[from:])
			j.b.buf = j.b.buf[:from]
		}
		if text >= 0 {
			j.field(name, s, text)
		} else {
			j.b.field(name, len(j.b.buf))
		}
		return
	}
	j.leaves(s, i)
}

// leaves adds every member of EventData, UserData or a part of it.
func (j *JSON) leaves(s *jsonscan.Scanner, i int) {
	s.Each(i, func(i int, n *jsonscan.Node) {
		switch {
		case attributesKey(n.Key) || isXMLNS(n.Key) || bytes.HasSuffix(n.Key, []byte("_attributes")):
		case string(n.Key) == "@Name":
		case string(n.Key) == "Binary" && n.Kind == jsonscan.Text:
			j.binary(n)
		case string(n.Key) == "Data", string(n.Key) == "data" && n.Kind == jsonscan.Array:
			j.field("", s, i)
		case n.Kind == jsonscan.Array && isList(n.Key):
			j.list(j.b.names.of(n.Key), s, i)
		default:
			j.field(j.b.names.of(attribute(n.Key)), s, i)
		}
	})
}

// isList tells the values that are lists of words, which some forms make arrays of.
func isList(key []byte) bool {
	return bytes.HasSuffix(key, []byte("PrivilegeList")) || bytes.HasSuffix(key, []byte("AccessList")) ||
		bytes.HasSuffix(key, []byte("SidList"))
}

// list adds the items of an array as one value.
func (j *JSON) list(name string, s *jsonscan.Scanner, i int) {
	from := len(j.b.buf)
	s.Each(i, func(_ int, n *jsonscan.Node) {
		if len(j.b.buf) > from {
			j.b.buf = append(j.b.buf, ' ')
		}
		j.b.buf = jsonscan.AppendNode(j.b.buf, n)
	})
	j.b.field(name, from)
}

func (j *JSON) binary(n *jsonscan.Node) {
	from := len(j.b.buf)
	j.b.buf = jsonscan.AppendNode(j.b.buf, n)
	j.b.binary = span{int32(from), int32(len(j.b.buf))}
}

// data adds EventData or UserData: an object, or a string that holds it as JSON or XML.
func (j *JSON) data(s *jsonscan.Scanner, i int) {
	n := &s.Nodes[i]
	switch n.Kind {
	case jsonscan.Object:
		j.leaves(s, i)
	case jsonscan.Array:
		j.b.placed = true
		s.Each(i, func(i int, _ *jsonscan.Node) { j.field("", s, i) })
	case jsonscan.Text:
		if len(n.Text) > 0 && !j.embedded(s, i) {
			j.field(j.b.names.of(n.Key), s, i) // whatever it is
		}
	default:
	}
}

// room gives the place for what a string of s holds, nil where strings lie too deep in each other.
func (j *JSON) room(s *jsonscan.Scanner) *inner {
	at := 0
	for i := range j.inner {
		if s == &j.inner[i].s {
			at = i + 1
		}
	}
	if at == len(j.inner) {
		return nil
	}
	return &j.inner[at]
}

// text gives what a string holds and where it was put, nothing for what is no string.
func (j *JSON) text(s *jsonscan.Scanner, i int) (*inner, []byte) {
	in := j.room(s)
	if in == nil || s.Nodes[i].Kind != jsonscan.Text {
		return nil, nil
	}
	in.text = jsonscan.AppendNode(in.text[:0], &s.Nodes[i])
	j.looked += len(in.text)
	return in, bytes.TrimSpace(in.text)
}

// embedded reads JSON or XML that a string holds: an event, or only its data.
func (j *JSON) embedded(s *jsonscan.Scanner, i int) bool {
	in, text := j.text(s, i)
	switch {
	case len(text) == 0:
		return false
	case text[0] == '{':
		if in.s.Parse(text) != nil {
			return false
		}
		if in.s.Member(0, "System") > 0 || in.s.Member(0, "Event") > 0 {
			return j.record(&in.s, 0, 1)
		}
		wrapped := false
		for _, key := range []string{"EventData", "UserData"} {
			if at := in.s.Member(0, key); at > 0 {
				j.data(&in.s, at)
				wrapped = true
			}
		}
		if !wrapped {
			j.leaves(&in.s, 0)
		}
		return true
	case text[0] == '<':
		j.x.Begin(text, 0)
		j.x.Forget()
		if at, more := eventStart(text); at == 0 && !more {
			return j.x.event(&j.b) == nil
		}
		whole := j.x.fragment(&j.b)
		j.x.Final = false
		return whole
	}
	return false
}

// quoted reads the first record that a string holds as JSON or XML.
func (j *JSON) quoted(s *jsonscan.Scanner, i int) bool {
	in, text := j.text(s, i)
	switch {
	case len(text) == 0:
		return false
	case text[0] == '{':
		if in.s.Parse(text) != nil {
			return false
		}
		offset := j.b.rec.Offset
		for i := range in.s.Nodes {
			if j.isWithin(&in.s, i) {
				return true
			}
			j.b.reset()
			j.b.rec.Offset = offset
		}
		return false
	case text[0] == '<':
		j.more = text
		return j.nextXML()
	}
	return false
}

// nextXML reads the next event of XML that a string holds.
func (j *JSON) nextXML() bool {
	at, more := eventStart(j.more)
	if at < 0 || more {
		j.more = nil
		return false
	}
	j.x.Begin(j.more[at:], 0)
	j.x.Forget()
	j.x.Final = true
	err := j.x.event(&j.b)
	j.x.Final = false
	// Relays cut long lines: what stands before counts.
	if j.b.rec.Damaged = err != nil && j.b.sawID; j.b.rec.Damaged {
		j.stats.Damaged++
		j.stats.add(j.b.rec.Offset, "event XML in this document is broken: "+err.Error())
	}
	read := j.x.P
	if err != nil {
		read = j.x.At
	}
	j.looked += at + read
	j.more = j.more[at+max(read, 1):]
	return err == nil || j.b.sawID
}

// event reads {"System":{…},"EventData":{…}}, the event's XML as JSON.
func (j *JSON) event(s *jsonscan.Scanner, i int) {
	system := -1
	s.Each(i, func(i int, n *jsonscan.Node) {
		switch key := j.b.names.of(n.Key); {
		case key == "System":
			system = i
			s.Each(i, func(i int, n *jsonscan.Node) { j.system(s, i, j.b.names.of(n.Key)) })
		case key == "RenderingInfo":
			if at := s.Member(i, "Message"); at > 0 {
				j.message(&s.Nodes[at])
			}
		case key == "Message" && n.Kind == jsonscan.Text:
			j.message(n)
		case key == "EventData" || key == "UserData":
			j.data(s, i)
		case isXMLNS(n.Key) || attributesKey(n.Key) || strings.HasSuffix(key, "_attributes"):
		case n.Kind == jsonscan.Object:
			j.leaves(s, i)
		case n.Kind != jsonscan.Array:
			j.field(key, s, i) // whatever it is
		}
	})
	if system > 0 {
		j.othersOfSystem(s, system)
	}
}

// system reads a member of System.
func (j *JSON) system(s *jsonscan.Scanner, i int, name string) {
	n := &s.Nodes[i]
	if element, ok := strings.CutSuffix(name, "_attributes"); ok {
		name = element
	}
	if n.Kind != jsonscan.Object {
		if to := systemText(name); to != toNothing {
			j.set(to, s, i)
		} else if r, ok := roles[string(fold(n.Key))]; ok && r.to != toNothing {
			j.set(r.to, s, i)
		}
		return
	}
	s.Each(i, func(i int, n *jsonscan.Node) {
		switch {
		case textKey(n.Key):
			if to := systemText(name); to != toNothing {
				j.set(to, s, i)
			}
		case attributesKey(n.Key):
			j.system(s, i, name)
		default:
			if to := systemAttribute(name, j.b.names.of(attribute(n.Key))); to != toNothing {
				j.set(to, s, i)
			}
		}
	})
}
