package form

import (
	"bytes"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/labels"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/moment"
)

// flat reads records whose values stand beside System's: NXLog, OTRF, Sentinel, Fluentd, Fluent Bit. A key is System's only where it must
// be. In GELF a mark stands before each.
func (j *JSON) flat(s *jsonscan.Scanner, root int, mark string) {
	var created, occurred, stamped, received, generated, utc, pid, tid, typ int
	executed, replaced, contained := false, false, false
	s.Each(root, func(i int, n *jsonscan.Node) {
		key := strings.TrimPrefix(j.b.names.of(n.Key), mark)
		switch key {
		case "EventID":
			j.set(toEventID, s, i)
		case "SourceName", "EventSourceName":
			j.set(toProvider, s, i)
		case "Source", "Provider", "ProviderName":
			if n.Kind == jsonscan.Text && j.b.rec.Provider == "" {
				j.set(toProvider, s, i)
			}
		case "ProviderGuid", "ProviderGUID":
			j.set(toProviderGUID, s, i)
		case "Channel", "EventLog", "LogName":
			j.set(toChannel, s, i)
		case "Qualifiers":
			j.set(toQualifiers, s, i)
		case "Hostname", "Computer", "ComputerName", "MachineName":
			j.set(toComputer, s, i)
		case "Version":
			j.set(toVersion, s, i)
		case "Level", "EventLevel":
			j.set(toLevel, s, i)
		case "Task":
			j.set(toTask, s, i)
		case "OpcodeValue":
			j.set(toOpcode, s, i)
		case "Keywords":
			j.set(toKeywords, s, i)
		case "RecordNumber", "EventRecordID", "EventRecordId":
			j.set(toRecordID, s, i)
		case "ExecutionProcessID":
			executed = true
			j.set(toPID, s, i)
		case "ThreadID":
			tid = i
		case "ProcessID":
			pid = i
		case "UserID":
			j.set(toUser, s, i)
		case "ActivityID":
			j.set(toActivity, s, i)
		case "TimeCreated":
			created = i
		case "EventTime", "EventTimeWritten", "TimeWritten":
			if occurred == 0 || key == "EventTime" {
				occurred = i
			}
		case "@timestamp":
			stamped = i
		case "timestamp", "date", "time", "_time", "EventReceivedTime":
			if _, zoned, ok := momentOf(s, i); !ok {
				j.field(key, s, i)
			} else if zoned && stamped == 0 {
				stamped = i
			} else if received == 0 {
				received = i
			}
		case "TimeGenerated", "SystemTime":
			generated = i
		case "Message", "RenderedDescription":
			j.message(n)
		case "StringInserts": // without names
			contained = true
			j.data(s, i)
		case "Description": // the rendered text to some, a value to Sysmon
			if bytes.Contains(n.Text, []byte(`\n`)) && len(j.b.message) == 0 {
				j.message(n)
			} else {
				j.field(key, s, i)
			}
		case "EventType":
			typ = i
		case "EventTypeOrignal", "EventTypeOriginal": // the former is how they spell it
			replaced = true
			j.set(toLevel, s, i)
		case "UtcTime":
			utc = i
			j.field(key, s, i)
		case "EventData", "UserData":
			contained = true
			j.data(s, i)
		case "SeverityValue", "Severity", "Category", "Opcode", "SourceModuleName", "SourceModuleType",
			"AccountType", "AccountName", "Domain", "RelatedActivityID", "EventLevelName", "@version", "@metadata", "host", "port",
			"tags", "type", "TenantId", "SourceSystem", "SourceComputerId", "EventOriginId", "MG", "TimeCollected",
			"ManagementGroupName", "Type", "_ResourceId", "Activity", "beat", "ERROR_EVT_UNRESOLVED":
		default:
			j.field(key, s, i)
		}
	})
	// NXLog of old says ProcessID, a number, for the process that logged, as do those that keep the event's values apart; elsewhere it is a
	// value of the event.
	if tid > 0 && (contained || s.Nodes[tid].Kind == jsonscan.Number) {
		j.set(toTID, s, tid)
	} else if tid > 0 {
		j.field("ThreadID", s, tid)
	}
	if pid > 0 && !executed && tid > 0 && (contained || s.Nodes[pid].Kind == jsonscan.Number) {
		j.set(toPID, s, pid)
	} else if pid > 0 {
		j.field("ProcessID", s, pid)
	}
	if typ > 0 {
		// EventType is NXLog's level, unless a value of the event has taken its name.
		if _, ok := labels.Level(string(s.Nodes[typ].Text)); ok && !replaced {
			if j.b.rec.Level == 0 {
				j.set(toLevel, s, typ)
			}
		} else {
			j.field("EventType", s, typ)
		}
	}
	if utc > 0 && occurred > 0 && len(s.Nodes[utc].Text) >= 19 {
		stamped = 0 // of no use beside the very moment
	}
	j.flatTime(s, created, occurred, stamped, received, generated)
}

// momentOf reads a time of whatever form; zoned tells whether it needs no zone.
func momentOf(s *jsonscan.Scanner, i int) (ns int64, zoned, ok bool) {
	if i == 0 {
		return 0, false, false
	}
	text := string(s.Nodes[i].Text)
	if ns, zoned, ok = moment.Zoned(text); ok {
		return ns, zoned, true
	}
	if ns = moment.Epoch(text); ns != 0 {
		return ns, true, true
	}
	ns, ok = moment.Shown(text)
	return ns, false, ok
}

// flatTime finds a flat record's time. NXLog's EventTime is of the host's clock, as is the time at which it received the event; that of
// arrival elsewhere tells the zone, as does Sysmon's UtcTime, which [clock] reads.
func (j *JSON) flatTime(s *jsonscan.Scanner, created, occurred, stamped, received, generated int) {
	r := &j.b.rec
	if t, _, ok := momentOf(s, created); ok {
		r.TimeNS = t
		return
	}
	arrived, _, haveArrived := momentOf(s, stamped)
	if t, zoned, ok := momentOf(s, occurred); ok {
		if r.TimeNS, j.b.local = t, !zoned; !zoned && haveArrived {
			j.clock.learn(r.Computer, t, arrived, true)
		}
		return
	}
	if haveArrived {
		r.TimeNS = arrived
		return
	}
	if t, _, ok := momentOf(s, generated); ok {
		r.TimeNS = t
		return
	}
	if t, zoned, ok := momentOf(s, received); ok {
		r.TimeNS, j.b.local = t, !zoned
	}
}
