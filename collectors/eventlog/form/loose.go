package form

import (
	"bytes"
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/labels"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/manifest"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/otlp"
)

// role is what a key of a document means, however it is written: EventID, event_id, "Event ID".
type role struct {
	to target
	// of tells apart what may be said in several ways: what has a smaller number is surer.
	of uint8
	as kind
}

type kind uint8

const (
	asSystem kind = iota
	asParent      // of parts of System
	asData
	asMessage
	asKnown // it says what another key says, or what concerns the shipper alone
)

// roles are those of keys without their marks, in lower case; of a key within another, both.
var roles = map[string]role{
	"eventid": {to: toEventID}, "eventidid": {to: toEventID}, "eventidvalue": {to: toEventID}, "eventidtext": {to: toEventID},
	"eventcode": {to: toEventID, of: 1}, "eventidentifier": {to: toEventID},
	"qualifiers": {to: toQualifiers}, "eventidqualifiers": {to: toQualifiers},
	"providername": {to: toProvider}, "provider": {to: toProvider, of: 1, as: asParent}, "sourcename": {to: toProvider, of: 2},
	"eventsourcename": {to: toProvider, of: 3}, "source": {to: toProvider, of: 4},
	"providereventsource": {as: asKnown}, "providereventsourcename": {as: asKnown},
	"providerguid": {to: toProviderGUID}, "providerid": {to: toProviderGUID, of: 1},
	"channel": {to: toChannel}, "logname": {to: toChannel, of: 1}, "eventlog": {to: toChannel, of: 2}, "logfile": {to: toChannel, of: 2},
	"computer": {to: toComputer}, "computername": {to: toComputer}, "machinename": {to: toComputer, of: 1},
	"hostname": {to: toComputer, of: 2},
	"version":  {to: toVersion}, "level": {to: toLevel}, "leveltext": {to: toLevel, of: 1}, "severitytext": {as: asKnown},
	"severitynumber": {as: asKnown}, "task": {to: toTask}, "tasktext": {as: asKnown}, "taskcategory": {as: asKnown},
	"opcode": {to: toOpcode}, "opcodetext": {as: asKnown}, "keywords": {to: toKeywords}, "keywordstext": {to: toKeywords, of: 1},
	"recordid": {to: toRecordID}, "eventrecordid": {to: toRecordID}, "recordnumber": {to: toRecordID},
	"timecreated": {to: toTime, as: asParent}, "timecreatedsystemtime": {to: toTime}, "systemtime": {to: toTime},
	"eventtime": {to: toTime, of: 1}, "timegenerated": {to: toTime, of: 1}, "dateandtime": {to: toTime, of: 2},
	"datetime":     {to: toTime, of: 2},
	"eventcreated": {to: toTime, of: 2}, "created": {to: toTime, of: 3}, "timestamp": {to: toTime, of: 3}, "date": {to: toTime, of: 4},
	"time": {to: toTime, of: 4}, "timewritten": {to: toTime, of: 4}, "utctime": {of: 255, as: asData},
	"activityid": {to: toActivity}, "correlationactivityid": {to: toActivity}, "correlationrelatedactivityid": {as: asKnown},
	"relatedactivityid": {as: asKnown}, "correlation": {as: asParent},
	"execution": {as: asParent}, "executionprocessid": {to: toPID}, "executionthreadid": {to: toTID}, "processpid": {to: toPID},
	"processthreadid": {to: toTID}, "executionprocessname": {as: asKnown}, "processid": {to: toPID}, "threadid": {to: toTID},
	"security": {as: asParent}, "securityuserid": {to: toUser}, "useridentifier": {to: toUser}, "userid": {to: toUser},
	"securityusername": {as: asKnown}, "sid": {to: toUser, of: 1}, "user": {as: asParent}, "usersid": {to: toUser},
	"usertype": {as: asKnown}, "userdomain": {as: asKnown},
	"system":    {as: asParent},
	"eventdata": {as: asData}, "userdata": {as: asData}, "stringinserts": {as: asData}, "insertionstrings": {as: asData},
	"replacementstrings": {as: asData}, "properties": {as: asData},
	"message": {as: asMessage}, "rendereddescription": {as: asMessage}, "renderedmessage": {as: asMessage}, "description": {as: asMessage},
	"api": {as: asKnown}, "agent": {as: asKnown}, "beat": {as: asKnown}, "ecs": {as: asKnown}, "remotehost": {as: asKnown},
}

// fold gives a key without marks, in lower case.
func fold(key []byte) []byte {
	out := make([]byte, 0, 48)
	for _, c := range key {
		switch {
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			out = append(out, c)
		}
		if len(out) == cap(out) {
			break
		}
	}
	return out
}

// isID tells the keys that hold an event's id.
func isID(key []byte) bool { return labels.ID(key) != "" }

// idOf gives the first member of a document that holds an event's id, 0 for none.
func idOf(s *jsonscan.Scanner, root int) int {
	for i := root + 1; i < int(s.Nodes[root].End); i = int(s.Nodes[i].End) {
		if isID(s.Nodes[i].Key) {
			return i
		}
	}
	return 0
}

// loose reads a document of whatever shipper whose keys are like the names that Windows has: promtail, OpenTelemetry, WMI, a CSV of the
// Event Viewer; or that stand behind a prefix, as Graylog writes Winlogbeat's. id is the key of the event's id. What is no part of
// System is a value of the event.
func (j *JSON) loose(s *jsonscan.Scanner, root int, id []byte) bool {
	l := loose{j: j, s: s}
	l.prefix = id[:len(id)-len(labels.ID(id))]
	s.Each(root, func(_ int, n *jsonscan.Node) {
		l.contained = l.contained || slices.Contains(dataKeys, string(fold(n.Key)))
	})
	for i := range l.sure {
		l.sure[i] = 255
	}
	s.Each(root, func(i int, n *jsonscan.Node) { l.member(n.Key, n.Key, i) })
	// Others, such as traces, call something else so.
	return j.b.sawID && (j.b.rec.Channel != "" || j.b.rec.Computer != "" || string(id) == "Event ID")
}

// loose gathers what a document says.
type loose struct {
	j      *JSON
	s      *jsonscan.Scanner
	prefix []byte
	// contained tells that the event's values stand apart from the rest.
	contained bool
	sure      [toUser + 1]uint8 // how sure what was read of each part is
}

// dataPrefixes stand before the values of an event where all keys are of one level.
var dataPrefixes = []string{"event_data_", "event_data.", "eventdata_", "eventdata.", "user_data_", "user_data.", "userdata.", "userdata_"}

// member takes a member of the document; path are its keys together.
func (l *loose) member(path, key []byte, i int) {
	n := &l.s.Nodes[i]
	if len(l.prefix) > 0 {
		if own := bytes.HasPrefix(path, l.prefix); own {
			path = path[len(l.prefix):]
		} else if r := roles[string(fold(path))]; r.to != toTime && r.as != asMessage && !l.isValue(path) {
			return // of what took the event in
		}
	}
	lower := strings.ToLower(string(path))
	for _, p := range dataPrefixes {
		if at := strings.Index(lower, p); at >= 0 && len(lower) == len(path) {
			if name := path[at+len(p):]; string(name) != "xml_name" {
				l.j.field(l.j.b.names.of(name), l.s, i)
			}
			return
		}
	}
	r, ok := roles[string(fold(path))]
	switch {
	case !ok:
		l.j.field(l.j.b.names.of(key), l.s, i)
	case r.as == asData && n.Kind == jsonscan.Text && !slices.Contains(dataKeys, string(fold(path))):
		l.j.field(l.j.b.names.of(key), l.s, i)
	case r.as == asData:
		l.j.data(l.s, i)
	case r.as == asMessage && n.Kind == jsonscan.Text && (string(key) != "Description" || bytes.Contains(n.Text, []byte(`\n`))):
		if len(l.j.b.message) == 0 {
			l.j.message(n)
		}
	case !l.contained && string(key) == "ProcessId": // of the event, as Sysmon has it
		l.j.field("ProcessId", l.s, i)
	case n.Kind == jsonscan.Object && (r.as == asParent || r.to != toNothing):
		l.s.Each(i, func(i int, n *jsonscan.Node) {
			l.member(append(append(append(make([]byte, 0, 64), path...), '_'), n.Key...), n.Key, i)
		})
	case r.to != toNothing:
		if r.of < l.sure[r.to] {
			l.set(r, i)
		}
	case r.as != asKnown:
		l.j.field(l.j.b.names.of(key), l.s, i)
	}
}

// dataKeys hold all values of an event, also as a text.
var dataKeys = []string{"eventdata", "userdata", "stringinserts", "insertionstrings", "replacementstrings", "properties"}

// isValue tells the keys that hold a value of the event behind another prefix than System's parts.
func (l *loose) isValue(path []byte) bool {
	lower := strings.ToLower(string(path))
	return slices.ContainsFunc(dataPrefixes, func(p string) bool { return strings.Contains(lower, p) })
}

// set takes a part of System that is surer than what was read of it.
func (l *loose) set(r role, i int) {
	rec := &l.j.b.rec
	if r.to == toTime {
		ns, zoned, ok := momentOf(l.s, i)
		if ok {
			l.sure[toTime] = r.of
			// Shippers write UTC without saying so; people are shown the host's clock.
			_, utc := ParseTime(l.j.value(&l.s.Nodes[i]))
			rec.TimeNS, l.j.b.local = ns, !zoned && !utc
		}
		return
	}
	if r.to == toProvider {
		rec.Provider = ""
	}
	l.sure[r.to] = r.of
	l.j.set(r.to, l.s, i)
	if r.to == toProvider {
		rec.Provider = manifest.Named(rec.Provider)
	}
}

// otlp reads the body of a log record of OpenTelemetry's protocol, in which objects are lists of keys and values.
func (j *JSON) otlp(s *jsonscan.Scanner, body int) bool {
	in := j.room(s)
	if in == nil {
		return false
	}
	in.text = otlp.Append(in.text[:0], s, body)
	return in.s.Parse(in.text) == nil && j.record(&in.s, 0, 1)
}
