// Package ecs knows where in their common schema Elastic's modules and integrations put an event's values.
//
// Source: the ingest pipelines of Winlogbeat's modules (x-pack/winlogbeat/module in elastic/beats, sysmon.yml, security.yml,
// powershell.yml and powershell_operational.yml), and of the integrations windows and system, which do the same.
package ecs

import "maps"

// Moved gives the event's names for what was moved, by where it is now; nil for a provider whose values stay.
func Moved(provider string, event uint32) map[string]string {
	switch provider {
	case "Microsoft-Windows-Sysmon", "Linux-Sysmon":
		switch event {
		case 8, 10:
			return sysmonSourceMoved
		}
		return sysmonMoved
	case "Microsoft-Windows-Security-Auditing":
		if event == 4688 {
			return creationMoved
		}
		return securityMoved
	case "Microsoft-Windows-PowerShell", "PowerShellCore", "PowerShell":
		return scriptMoved
	}
	return nil
}

// Hashes are where the values of Sysmon's Hashes go.
var Hashes = map[string]string{
	"process.hash.md5": "MD5", "process.hash.sha1": "SHA1", "process.hash.sha256": "SHA256", "process.pe.imphash": "IMPHASH",
	"process.hash.imphash": "IMPHASH", "file.hash.md5": "MD5", "file.hash.sha1": "SHA1", "file.hash.sha256": "SHA256",
	"file.pe.imphash": "IMPHASH", "file.hash.imphash": "IMPHASH",
}

// Context are what PowerShell's contexts call their lines.
var Context = map[string]string{
	"process.command_line": "HostApplication", "process.title": "HostName", "powershell.engine.version": "EngineVersion",
	"powershell.command.name": "CommandName", "powershell.command.path": "CommandPath", "powershell.command.value": "CommandLine",
}

func with(base map[string]string, pairs ...string) map[string]string {
	out := make(map[string]string, len(base)+len(pairs)/2)
	maps.Copy(out, base)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

var (
	sysmonMoved = map[string]string{
		"process.entity_id": "ProcessGuid", "process.pid": "ProcessId", "process.executable": "Image", "process.command_line": "CommandLine",
		"process.working_directory": "CurrentDirectory", "process.parent.entity_id": "ParentProcessGuid", "process.parent.pid": "ParentProcessId",
		"process.parent.executable": "ParentImage", "process.parent.command_line": "ParentCommandLine",
		"process.pe.original_file_name": "OriginalFileName", "process.pe.company": "Company", "process.pe.product": "Product",
		"process.pe.description": "Description", "file.pe.original_file_name": "OriginalFileName", "file.path": "TargetFilename",
		"file.code_signature.subject_name": "Signature", "file.code_signature.status": "SignatureStatus",
		"network.transport": "Protocol", "source.ip": "SourceIp", "source.port": "SourcePort", "source.domain": "SourceHostname",
		"destination.ip": "DestinationIp", "destination.port": "DestinationPort", "destination.domain": "DestinationHostname",
		"dns.question.name": "QueryName", "registry.path": "TargetObject",
	}
	sysmonSourceMoved = with(sysmonMoved, "process.entity_id", "SourceProcessGuid", "process.pid", "SourceProcessId",
		"process.executable", "SourceImage", "process.thread.id", "SourceThreadId")
	securityMoved = map[string]string{
		"process.pid": "ProcessId", "process.executable": "ProcessName", "source.ip": "IpAddress", "source.port": "IpPort",
		"source.domain": "WorkstationName",
	}
	creationMoved = map[string]string{
		"process.pid": "NewProcessId", "process.executable": "NewProcessName", "process.command_line": "CommandLine",
		"process.parent.pid": "ProcessId", "process.parent.executable": "ParentProcessName",
	}
	scriptMoved = map[string]string{
		"powershell.file.script_block_text": "ScriptBlockText", "powershell.file.script_block_id": "ScriptBlockId",
		"powershell.sequence": "MessageNumber", "powershell.total": "MessageTotal", "file.path": "Path",
	}
)

// IsRoot tells the keys at a document's root that concern the shipper or are of the common schema, with what follows their first dot.
func IsRoot(key string) bool {
	for i := range len(key) {
		if key[i] == '.' {
			key = key[:i]
			break
		}
	}
	switch key {
	case "@metadata", "@timestamp", "@version", "agent", "beat", "client", "cloud", "container", "data_stream", "destination", "dll", "dns",
		"ecs", "elastic_agent", "error", "event", "file", "group", "hash", "host", "http", "input", "log", "message", "metricset", "network",
		"observer", "offset", "organization", "package", "powershell", "process", "prospector", "registry", "related", "rule", "server",
		"service", "source", "sysmon", "tags", "threat", "type", "url", "user", "user_agent", "winlog":
		return true
	}
	return false
}
