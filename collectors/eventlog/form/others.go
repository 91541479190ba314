package form

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/jsonscan"
)

// What tools write beside an event's own values, and what of it is a part of System: the other keys of a document are kept as values of
// the event, under their names, behind those that the event has itself.
var (
	ecmdKeys = keys("RecordNumber", "EventRecordId", "TimeCreated", "EventId", "Level", "Provider", "Channel", "ProcessId", "ThreadId",
		"Computer", "ChunkNumber", "UserId", "MapDescription", "UserName", "RemoteHost", "PayloadData1", "PayloadData2", "PayloadData3",
		"PayloadData4", "PayloadData5", "PayloadData6", "ExecutableInfo", "HiddenRecord", "SourceFile", "Keywords", "ExtraDataOffset",
		"Payload")
	hayabusaKeys = keys("Timestamp", "RuleTitle", "Level", "Computer", "Channel", "EventID", "RecordID", "Provider", "Details",
		"ExtraFieldInfo", "AllFieldInfo", "RenderedMessage", "RuleFile", "EvtxFile", "RuleAuthor", "RuleCreationDate", "RuleModifiedDate",
		"RuleID", "Status", "MitreTactics", "MitreTags", "OtherTags", "SrcASN", "SrcCountry", "SrcCity", "TgtASN", "TgtCountry", "TgtCity")
	osqueryKeys = keys("time", "datetime", "source", "provider_name", "provider_guid", "computer_name", "eventid", "task", "level",
		"keywords", "data", "eid", "pid", "tid", "time_range", "timestamp", "xpath")
	winEventKeys = keys("Message", "Id", "Version", "Qualifiers", "Level", "Task", "Opcode", "Keywords", "RecordId", "ProviderName",
		"ProviderId", "LogName", "ProcessId", "ThreadId", "MachineName", "UserId", "TimeCreated", "ActivityId", "RelatedActivityId",
		"ContainerLog", "MatchedQueryIds", "Bookmark", "LevelDisplayName", "OpcodeDisplayName", "TaskDisplayName", "KeywordsDisplayNames",
		"Properties", "PSComputerName", "PSShowComputerName", "RunspaceId")
	systemKeys = keys("Provider", "EventID", "Version", "Level", "Task", "Opcode", "Keywords", "TimeCreated", "EventRecordID", "Correlation",
		"Execution", "Channel", "Computer", "Security", "SeverityValue", "ProcessingErrorData")
	wazuhKeys = keys("win", "data", "timestamp", "@timestamp", "rule", "agent", "manager", "id", "cluster", "decoder", "predecoder",
		"location", "full_log", "input", "GeoLocation", "previous_output", "previous_log", "@version", "type", "host", "_index", "_id")
	wazuhDataKeys   = keys("win")
	wazuhWinKeys    = keys("system", "eventdata")
	wazuhSystemKeys = keys("eventID", "providerName", "providerGuid", "systemTime", "eventRecordID", "processID", "threadID", "message",
		"channel", "computer", "version", "level", "task", "opcode", "keywords", "severityValue")
)

func keys(names ...string) map[string]bool {
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	return known
}

// others keeps the members of an object that are not known.
func (j *JSON) others(s *jsonscan.Scanner, object int, known map[string]bool) {
	s.Each(object, func(i int, n *jsonscan.Node) {
		if !known[string(n.Key)] {
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
		case ok, systemKeys[name], attributesKey(n.Key), textKey(n.Key), isXMLNS(n.Key):
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
