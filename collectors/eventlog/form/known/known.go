// Package known lists what tools write beside an event's own values: the keys of their documents and columns of their tables that are a
// part of System, or are about the tool.
package known

// The keys, by tool. System's are those of the event itself, which shippers add to.
var (
	EvtxECmd = keys("RecordNumber", "EventRecordId", "TimeCreated", "EventId", "Level", "Provider", "Channel", "ProcessId", "ThreadId",
		"Computer", "ChunkNumber", "UserId", "MapDescription", "UserName", "RemoteHost", "PayloadData1", "PayloadData2", "PayloadData3",
		"PayloadData4", "PayloadData5", "PayloadData6", "ExecutableInfo", "HiddenRecord", "SourceFile", "Keywords", "ExtraDataOffset",
		"Payload")
	Hayabusa = keys("Timestamp", "RuleTitle", "Level", "Computer", "Channel", "EventID", "RecordID", "Provider", "Details",
		"ExtraFieldInfo", "AllFieldInfo", "RenderedMessage", "RuleFile", "EvtxFile", "RuleAuthor", "RuleCreationDate", "RuleModifiedDate",
		"RuleID", "Status", "MitreTactics", "MitreTags", "OtherTags", "SrcASN", "SrcCountry", "SrcCity", "TgtASN", "TgtCountry", "TgtCity")
	Osquery = keys("time", "datetime", "source", "provider_name", "provider_guid", "computer_name", "eventid", "task", "level",
		"keywords", "data", "eid", "pid", "tid", "time_range", "timestamp", "xpath")
	System = keys("Provider", "EventID", "Version", "Level", "Task", "Opcode", "Keywords", "TimeCreated", "EventRecordID", "Correlation",
		"Execution", "Channel", "Computer", "Security", "SeverityValue", "ProcessingErrorData")
	Wazuh = keys("win", "data", "timestamp", "@timestamp", "rule", "agent", "manager", "id", "cluster", "decoder", "predecoder",
		"location", "full_log", "input", "GeoLocation", "previous_output", "previous_log", "@version", "type", "host", "_index", "_id")
	WazuhData   = keys("win")
	WazuhWin    = keys("system", "eventdata")
	WazuhSystem = keys("eventID", "providerName", "providerGuid", "systemTime", "eventRecordID", "processID", "threadID", "message",
		"channel", "computer", "version", "level", "task", "opcode", "keywords", "severityValue")
)

// Get-WinEvent's and Get-EventLog's properties; the latter are those that the former has not.
var (
	WinEvent = keys("Message", "Id", "Version", "Qualifiers", "Level", "Task", "Opcode", "Keywords", "RecordId", "ProviderName",
		"ProviderId", "LogName", "ProcessId", "ThreadId", "MachineName", "UserId", "TimeCreated", "ActivityId", "RelatedActivityId",
		"ContainerLog", "MatchedQueryIds", "Bookmark", "LevelDisplayName", "OpcodeDisplayName", "TaskDisplayName", "KeywordsDisplayNames",
		"Properties", "PSComputerName", "PSShowComputerName", "RunspaceId")
	EventLog = keys("Index", "EventID", "EntryType", "InstanceId", "Source", "TimeGenerated", "TimeWritten", "Category",
		"CategoryNumber", "ReplacementStrings", "UserName", "Data", "Site", "Container")
)

func keys(names ...string) map[string]bool {
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	return known
}
