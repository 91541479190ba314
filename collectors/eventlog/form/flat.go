package form

import (
	"bytes"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
)

// flat reads records whose values stand beside System's: NXLog, OTRF, Sentinel. A key is System's only where it must be. In
// GELF a mark stands before each.
func (j *JSON) flat(s *jsonscan.Scanner, root int, mark string) {
	var created, occurred, stamped, utc, generated, pid, tid, typ int
	executed, replaced := false, false
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
		case "ProviderGuid":
			j.set(toProviderGUID, s, i)
		case "Channel":
			j.set(toChannel, s, i)
		case "Hostname", "Computer":
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
			if tid = i; n.Kind == jsonscan.Number {
				j.set(toTID, s, i)
			} else {
				j.field("ThreadID", s, i)
			}
		case "ProcessID":
			pid = i
		case "UserID":
			j.set(toUser, s, i)
		case "ActivityID":
			j.set(toActivity, s, i)
		case "TimeCreated":
			created = i
		case "EventTime":
			occurred = i
		case "@timestamp":
			stamped = i
		case "TimeGenerated":
			generated = i
		case "Message":
			j.message(n)
		case "StringInserts": // without names
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
		case "EventData", "UserData":
			j.data(s, i)
		case "UtcTime":
			utc = i
			j.field(key, s, i)
		case "SeverityValue", "Severity", "Category", "Opcode", "EventReceivedTime", "SourceModuleName", "SourceModuleType",
			"AccountType", "AccountName", "Domain", "RelatedActivityID", "EventLevelName", "@version", "@metadata", "host", "port",
			"tags", "type", "TenantId", "SourceSystem", "SourceComputerId", "EventOriginId", "MG", "TimeCollected",
			"ManagementGroupName", "Qualifiers", "Type", "_ResourceId", "Activity", "beat", "timestamp", "ERROR_EVT_UNRESOLVED":
		default:
			j.field(key, s, i)
		}
	})
	if pid > 0 {
		// Old NXLog says ProcessID, a number, for the process that logged; elsewhere it is a value of the event.
		if s.Nodes[pid].Kind == jsonscan.Number && tid > 0 && !executed {
			j.set(toPID, s, pid)
		} else {
			j.field("ProcessID", s, pid)
		}
	}
	if typ > 0 {
		// EventType is NXLog's level, unless a value of the event has taken its name.
		if _, ok := levels[strings.ToLower(string(s.Nodes[typ].Text))]; ok && !replaced {
			if j.b.rec.Level == 0 {
				j.set(toLevel, s, typ)
			}
		} else {
			j.field("EventType", s, typ)
		}
	}
	j.b.rec.TimeNS = j.flatTime(s, created, occurred, stamped, generated, utc)
}

// flatTime finds a flat record's time. NXLog's EventTime is local and in whole seconds; the time of arrival, @timestamp, tells
// its zone, and Sysmon's UtcTime, where it agrees, the rest of the second.
func (j *JSON) flatTime(s *jsonscan.Scanner, created, occurred, stamped, generated, utc int) int64 {
	at := func(i int) (ns int64, zoned, ok bool) {
		if i == 0 {
			return 0, false, false
		}
		return parseZoned(string(s.Nodes[i].Text))
	}
	if t, _, ok := at(created); ok {
		return t
	}
	arrived, _, haveArrived := at(stamped)
	if t, zoned, ok := at(occurred); ok {
		const quarter = 15 * 60 * 1_000_000_000
		if !zoned && haveArrived {
			steps := (t - arrived + quarter/2) / quarter
			if t-arrived+quarter/2 < 0 {
				steps = (t - arrived - quarter/2) / quarter
			}
			// A record that came late by minutes does not move the clock.
			if off := steps*quarter - j.zone; !j.zoned || off > quarter || off < -quarter {
				j.zone, j.zoned = steps*quarter, true
			}
		}
		if !zoned && j.zoned {
			t -= j.zone
		}
		if u, _, ok := at(utc); ok && u-t < 1e9 && u-t > -2e9 {
			return u
		}
		return t
	}
	if haveArrived {
		return arrived
	}
	if t, _, ok := at(generated); ok {
		return t
	}
	t, _, _ := at(utc)
	return t
}
