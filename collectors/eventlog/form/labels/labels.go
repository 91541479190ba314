// Package labels knows what the values of an event are called that its message has under labels.
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
