// Package labels knows what the parts and values of an event are called where people are shown them, and the words that they are shown.
package labels

import "strings"

// Name gives a label's name in the event; section is the heading that it stands under.
func Name(section, label string) string {
	prefix := ""
	switch section {
	case "Subject", "Creator Subject":
		prefix = "Subject"
	case "Target Subject", "Target Account", "New Logon", "Account For Which Logon Failed", "Account Whose Credentials Were Used", "Member":
		prefix = "Target"
	}
	if prefix != "" {
		switch label {
		case "Security ID":
			return prefix + "UserSid"
		case "Account Name":
			return prefix + "UserName"
		case "Account Domain":
			return prefix + "DomainName"
		case "Logon ID":
			return prefix + "LogonId"
		}
	}
	if name, ok := names[label]; ok {
		return name
	}
	return strings.ReplaceAll(label, " ", "")
}

// names are those that are not their label without the blanks.
var names = map[string]string{
	"New Process ID":                   "NewProcessId",
	"Process ID":                       "ProcessId",
	"Creator Process ID":               "ProcessId",
	"Creator Process Name":             "ParentProcessName",
	"Process Command Line":             "CommandLine",
	"Object Handle":                    "HandleId",
	"Handle ID":                        "HandleId",
	"Desired Access":                   "AccessList",
	"Accesses":                         "AccessList",
	"Privileges":                       "PrivilegeList",
	"Source Network Address":           "IpAddress",
	"Source Address":                   "IpAddress",
	"Source Port":                      "IpPort",
	"Logon Process":                    "LogonProcessName",
	"Authentication Package":           "AuthenticationPackageName",
	"Service File Name":                "ImagePath",
	"Service Start Type":               "StartType",
	"Service Account":                  "AccountName",
	"Caller Process ID":                "ProcessId",
	"Caller Process Name":              "ProcessName",
	"Transited Services":               "TransmittedServices",
	"Package Name (NTLM only)":         "LmPackageName",
	"Network Account Name":             "TargetOutboundUserName",
	"Network Account Domain":           "TargetOutboundDomainName",
	"Source Process ID":                "SourceProcessId",
	"Target Process ID":                "TargetProcessId",
	"Access Reasons":                   "AccessReason",
	"Share Path":                       "ShareLocalPath",
	"Privileges Used for Access Check": "PrivilegeList",
}

// levels are the words for an event's level, of Windows and of the shippers, in lower case.
var levels = map[string]uint8{
	"critical": 1, "fatal": 1, "error": 2, "warning": 3, "warn": 3, "information": 4, "informational": 4, "info": 4,
	"verbose": 5, "debug": 5, "logalways": 0, "audit_success": 0, "audit_failure": 0, "audit success": 0, "audit failure": 0,
}

// Level gives the level that a word says.
func Level(word string) (uint8, bool) {
	var lower [16]byte
	if len(word) > len(lower) {
		return 0, false
	}
	for i := range len(word) {
		c := word[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	n, ok := levels[string(lower[:len(word)])]
	return n, ok
}

// keywords are the words for what the Security log's keywords say.
var keywords = map[string]uint64{
	"audit success": 0x8020000000000000, "audit failure": 0x8010000000000000,
}

// Keywords gives the keywords that words say.
func Keywords(words string) (uint64, bool) {
	n, ok := keywords[strings.ToLower(words)]
	return n, ok
}

// idNames are how an event's id is called, in any case and behind any prefix.
var idNames = []string{"eventid", "event_id", "event id", "event.id", "eventcode", "event_code", "eventidentifier"}

// ID gives which of the names of an event's id a key ends in, "" for none.
func ID(key []byte) string {
	if len(key) < 7 || len(key) > 64 {
		return ""
	}
	for _, name := range idNames {
		if n := len(key) - len(name); n >= 0 && key[n]|0x20 == 'e' && asciiFold(key[n:], name) {
			return name
		}
	}
	return ""
}

// asciiFold tells whether two texts of one length differ in case alone; b is in lower case.
func asciiFold(a []byte, b string) bool {
	for i, c := range a {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != b[i] {
			return false
		}
	}
	return true
}
