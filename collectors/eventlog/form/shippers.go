package form

import (
	"bytes"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/ecs"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/known"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/manifest"
)

// winlogbeat reads what Winlogbeat 7 and later write, with "winlog" as an object or its keys flattened.
func (j *JSON) winlogbeat(s *jsonscan.Scanner, root int) {
	j.setAt(toTime, s, root, "@timestamp")
	moved, original := false, 0
	s.Each(root, func(i int, n *jsonscan.Node) {
		key := j.b.names.of(n.Key)
		switch {
		case key == "winlog" && n.Kind == jsonscan.Object:
			s.Each(i, func(i int, n *jsonscan.Node) { j.winlog(s, i, j.b.names.of(n.Key)) })
		case strings.HasPrefix(key, "winlog."):
			j.winlog(s, i, key[len("winlog."):])
		case key == "message":
			j.message(n)
		case key == "log":
			j.setAt(toLevel, s, i, "level")
		case key == "log.level":
			j.set(toLevel, s, i)
		case key == "event" && n.Kind == jsonscan.Object:
			original = s.Member(i, "original")
		case key == "event.original":
			original = i
		case movesValues(n.Key):
			moved = true
		case !ecs.IsRoot(key):
			j.field(key, s, i) // whatever it is
		}
	})
	if len(j.b.rec.Fields) == 0 && original > 0 && s.Nodes[original].Kind == jsonscan.Text && mayHold(&s.Nodes[original]) {
		j.quoted(s, original) // the event as the agent got it
		j.more = nil
	}
	if moved {
		j.ecs(s, root)
	}
}

func (j *JSON) winlog(s *jsonscan.Scanner, i int, key string) {
	n := &s.Nodes[i]
	switch key {
	case "event_id":
		j.set(toEventID, s, i)
	case "provider_name":
		j.set(toProvider, s, i)
	case "provider_guid":
		j.set(toProviderGUID, s, i)
	case "channel":
		j.set(toChannel, s, i)
	case "computer_name":
		j.set(toComputer, s, i)
	case "record_id":
		j.set(toRecordID, s, i)
	case "version":
		j.set(toVersion, s, i)
	case "keywords":
		j.set(toKeywords, s, i)
	case "activity_id":
		j.set(toActivity, s, i)
	case "process":
		j.setAt(toPID, s, i, "pid")
		j.setAt(toTID, s, i, "thread", "id")
	case "process.pid":
		j.set(toPID, s, i)
	case "process.thread.id":
		j.set(toTID, s, i)
	case "user":
		j.setAt(toUser, s, i, "identifier")
	case "user.identifier":
		j.set(toUser, s, i)
	case "event_data":
		j.data(s, i)
	case "user_data":
		if n.Kind == jsonscan.Object {
			s.Each(i, func(i int, n *jsonscan.Node) {
				if string(n.Key) != "xml_name" {
					j.field(j.b.names.of(n.Key), s, i)
				}
			})
		}
	default:
		for _, prefix := range []string{"event_data.", "user_data."} {
			if name, ok := strings.CutPrefix(key, prefix); ok && name != "xml_name" {
				if n.Kind == jsonscan.Array && isList(n.Key) {
					j.list(j.b.names.of([]byte(name)), s, i)
				} else {
					j.field(j.b.names.of([]byte(name)), s, i)
				}
			}
		}
	}
}

// beat6 reads what Winlogbeat 5 and 6 write.
func (j *JSON) beat6(s *jsonscan.Scanner, root int) {
	j.setAt(toTime, s, root, "@timestamp")
	s.Each(root, func(i int, n *jsonscan.Node) {
		switch key := j.b.names.of(n.Key); key {
		case "source_name":
			j.set(toProvider, s, i)
		case "log_name":
			j.set(toChannel, s, i)
		case "record_number":
			j.set(toRecordID, s, i)
		case "process_id":
			j.set(toPID, s, i)
		case "thread_id":
			j.set(toTID, s, i)
		case "level":
			j.set(toLevel, s, i)
		case "message":
			j.message(n)
		default:
			j.winlog(s, i, key)
		}
	})
}

// evtxECmd reads what EvtxECmd writes.
func (j *JSON) evtxECmd(s *jsonscan.Scanner, root int) {
	s.Each(root, func(i int, n *jsonscan.Node) {
		switch string(n.Key) {
		case "EventId":
			j.set(toEventID, s, i)
		case "Provider":
			j.set(toProvider, s, i)
		case "Channel":
			j.set(toChannel, s, i)
		case "Computer":
			j.set(toComputer, s, i)
		case "EventRecordId":
			j.set(toRecordID, s, i)
		case "ProcessId":
			j.set(toPID, s, i)
		case "ThreadId":
			j.set(toTID, s, i)
		case "UserId":
			j.set(toUser, s, i)
		case "Level":
			j.set(toLevel, s, i)
		case "Keywords":
			j.set(toKeywords, s, i)
		case "TimeCreated":
			j.set(toTime, s, i)
		case "Payload":
			j.data(s, i)
		}
	})
	j.others(s, root, known.EvtxECmd)
}

// hayabusa reads its timeline. Only profiles with all fields have the events' own names; the others keep what they show.
func (j *JSON) hayabusa(s *jsonscan.Scanner, root int) {
	all := s.Member(root, "AllFieldInfo") > 0
	s.Each(root, func(i int, n *jsonscan.Node) {
		switch string(n.Key) {
		case "EventID":
			j.set(toEventID, s, i)
		case "Channel":
			j.set(toChannel, s, i)
		case "Provider":
			j.set(toProvider, s, i)
		case "Computer":
			j.set(toComputer, s, i)
		case "RecordID":
			j.set(toRecordID, s, i)
		case "Timestamp":
			j.set(toTime, s, i)
		case "AllFieldInfo":
			j.shown(s, i)
		case "Details", "ExtraFieldInfo":
			if !all {
				j.shown(s, i)
			}
		case "RenderedMessage":
			j.message(n)
		}
	})
	j.others(s, root, known.Hayabusa)
	if long, ok := manifest.Short[j.b.rec.Channel]; ok {
		j.b.rec.Channel = long[0]
		if j.b.rec.Provider == "" {
			j.b.rec.Provider = long[1]
		}
	}
}

// shown reads fields that hayabusa shows: an object, or "name: value ¦ name: value".
func (j *JSON) shown(s *jsonscan.Scanner, i int) {
	n := &s.Nodes[i]
	if n.Kind != jsonscan.Text {
		j.data(s, i)
		return
	}
	j.raw = jsonscan.AppendNode(j.raw[:0], n)
	for item := range bytes.SplitSeq(j.raw, []byte(" ¦ ")) {
		if name, value, ok := bytes.Cut(item, []byte(": ")); ok {
			from := len(j.b.buf)
			j.b.buf = append(j.b.buf, value...)
			j.b.field(j.b.names.of(name), from)
		}
	}
}

// osquery reads a row of its table windows_events.
func (j *JSON) osquery(s *jsonscan.Scanner, root int) {
	s.Each(root, func(i int, n *jsonscan.Node) {
		switch string(n.Key) {
		case "eventid":
			j.set(toEventID, s, i)
		case "provider_name":
			j.set(toProvider, s, i)
		case "provider_guid":
			j.set(toProviderGUID, s, i)
		case "source":
			j.set(toChannel, s, i)
		case "computer_name":
			j.set(toComputer, s, i)
		case "datetime":
			j.set(toTime, s, i)
		case "level":
			j.set(toLevel, s, i)
		case "task":
			j.set(toTask, s, i)
		case "keywords":
			j.set(toKeywords, s, i)
		case "pid":
			j.set(toPID, s, i)
		case "tid":
			j.set(toTID, s, i)
		case "data":
			j.data(s, i)
		}
	})
	j.others(s, root, known.Osquery)
}

// getWinEvent reads what PowerShell makes of Get-WinEvent's objects. Their values have no names.
func (j *JSON) getWinEvent(s *jsonscan.Scanner, root int) {
	s.Each(root, func(i int, n *jsonscan.Node) {
		switch string(n.Key) {
		case "Id":
			j.set(toEventID, s, i)
		case "ProviderName":
			j.set(toProvider, s, i)
		case "ProviderId":
			j.set(toProviderGUID, s, i)
		case "LogName":
			j.set(toChannel, s, i)
		case "MachineName":
			j.set(toComputer, s, i)
		case "RecordId":
			j.set(toRecordID, s, i)
		case "ProcessId":
			j.set(toPID, s, i)
		case "ThreadId":
			j.set(toTID, s, i)
		case "UserId":
			if j.set(toUser, s, i); n.Kind == jsonscan.Object {
				j.setAt(toUser, s, i, "Value")
			}
		case "Version":
			j.set(toVersion, s, i)
		case "Level":
			j.set(toLevel, s, i)
		case "Task":
			j.set(toTask, s, i)
		case "Opcode":
			j.set(toOpcode, s, i)
		case "Keywords":
			j.set(toKeywords, s, i)
		case "ActivityId":
			j.set(toActivity, s, i)
		case "TimeCreated":
			if j.set(toTime, s, i); n.Kind == jsonscan.Object {
				j.setAt(toTime, s, i, "value")
			}
		case "Message":
			j.message(n)
		case "Qualifiers":
			j.set(toQualifiers, s, i)
		case "Properties":
			j.data(s, i)
		}
	})
	j.others(s, root, known.WinEvent)
}
