package live

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
)

// Audit says which outcomes of an audit subcategory are logged.
type Audit struct{ Success, Failure bool }

// subcategory is one of the audit policy's. Names are translated in Windows, GUIDs are not (ntsecapi.h, Audit_…).
type subcategory struct {
	guid, name string
	events     []uint32 // of the Security log that it brings and that are mapped
	// failure says that refused attempts are wanted, too.
	failure bool
}

// The GUIDs differ in their first part.
const subcategoryTail = "-69ae-11d9-bed3-505054503030"

var subcategories = []subcategory{
	{"0cce922b", "Process Creation", []uint32{4688, 4696}, false},
	{"0cce922c", "Process Termination", []uint32{4689}, false},
	{"0cce922d", "DPAPI Activity", []uint32{4692, 4693, 4694, 4695}, false},
	{"0cce924a", "Token Right Adjusted Events", []uint32{4703}, false},
	{"0cce9215", "Logon", []uint32{4624, 4625, 4648}, true},
	{"0cce9216", "Logoff", []uint32{4634, 4647}, false},
	{"0cce921b", "Special Logon", []uint32{4672, 4964}, false},
	{"0cce9249", "Group Membership", []uint32{4627}, false},
	{"0cce921c", "Other Logon/Logoff Events", []uint32{4778, 4779, 4800, 4801, 4802, 4803}, false},
	{"0cce9242", "Kerberos Authentication Service", []uint32{4768, 4771}, true},
	{"0cce9240", "Kerberos Service Ticket Operations", []uint32{4769, 4770}, true},
	{"0cce923f", "Credential Validation", []uint32{4776}, true},
	{"0cce9237", "Security Group Management", []uint32{
		4727, 4728, 4729, 4730, 4731, 4732, 4733, 4734, 4735, 4737, 4754, 4755, 4756, 4757,
		4758, 4799,
	}, false},
	{"0cce9235", "User Account Management", []uint32{
		4720, 4722, 4723, 4724, 4725, 4726, 4738, 4740, 4765, 4766, 4767, 4781, 4794, 4798, 5376, 5377, 5379, 5381, 5382,
	}, true},
	{"0cce9236", "Computer Account Management", []uint32{4741, 4742, 4743}, false},
	{"0cce923b", "Directory Service Access", []uint32{4662}, false},
	{"0cce923c", "Directory Service Changes", []uint32{5136, 5137, 5138, 5139, 5141}, false},
	{"0cce921d", "File System", []uint32{4656, 4658, 4660, 4663, 4670, 4985}, false},
	{"0cce921e", "Registry", []uint32{4656, 4657, 4658, 4660, 4663, 4670}, false},
	{"0cce921f", "Kernel Object", []uint32{4656, 4658, 4663}, false},
	{"0cce9220", "SAM", []uint32{4661}, false},
	{"0cce9223", "Handle Manipulation", []uint32{4658, 4690}, false},
	{"0cce9224", "File Share", []uint32{5140, 5142, 5143, 5144}, false},
	{"0cce9244", "Detailed File Share", []uint32{5145}, false},
	{"0cce9226", "Filtering Platform Connection", []uint32{5154, 5155, 5156, 5157, 5158, 5159}, false},
	{"0cce9227", "Other Object Access Events", []uint32{4698, 4699, 4700, 4701, 4702}, false},
	{"0cce9228", "Sensitive Privilege Use", []uint32{4673, 4674}, true},
	{"0cce922f", "Audit Policy Change", []uint32{4719, 4907}, false},
	{"0cce9230", "Authentication Policy Change", []uint32{4717, 4718}, false},
	{"0cce9231", "Authorization Policy Change", []uint32{4670, 4704, 4705}, false},
	{"0cce9210", "Security State Change", []uint32{4616}, false},
	{"0cce9211", "Security System Extension", []uint32{4697}, false},
}

// setting is a number in the registry without which Windows logs less than it could.
type setting struct {
	item, key, value string
	want             uint32
	lost             string // what is missing without it
	command          string
}

var settings = []setting{
	{
		"setting:command_line", `SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit`, "ProcessCreationIncludeCmdLine_Enabled", 1,
		"process creations of the Security log (4688) have no command line",
		`reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit /v ProcessCreationIncludeCmdLine_Enabled /t REG_DWORD /d 1`,
	},
	{
		"setting:script_block_logging", `SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging`, "EnableScriptBlockLogging", 1,
		"PowerShell logs only the script blocks that it finds suspicious itself (4104)",
		`reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging /v EnableScriptBlockLogging /t REG_DWORD /d 1`,
	},
	{
		"setting:module_logging", `SOFTWARE\Policies\Microsoft\Windows\PowerShell\ModuleLogging`, "EnableModuleLogging", 1,
		"PowerShell logs no pipelines (4103)",
		`reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ModuleLogging /v EnableModuleLogging /t REG_DWORD /d 1 & ` +
			`reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ModuleLogging\ModuleNames /v * /t REG_SZ /d *`,
	},
}

// policyItem is how the items of audit subcategories begin in the health rows.
const policyItem = "audit_policy:"

// policies says what Windows is not set to log. What it is set to log has a row, too.
func policies(s System) []collectors.Health {
	var rows []collectors.Health
	guids := make([]string, len(subcategories))
	for i, c := range subcategories {
		guids[i] = c.guid + subcategoryTail
	}
	audited, err := s.Audited(guids)
	if err != nil {
		reason := err.Error() + ": which events the Security log gets is not known; auditpol /get /category:* shows it"
		if codeOf(err) == codeAccessDenied || codeOf(err) == codePrivilege {
			reason = err.Error() + ": only LocalSystem and administrators may read the audit policy"
		}
		rows = append(rows, collectors.Health{Collector: "eventlog", Item: "audit_policy", State: "degraded", Reason: reason})
	} else {
		for _, c := range subcategories {
			rows = append(rows, c.health(audited[c.guid+subcategoryTail]))
		}
	}
	for _, t := range settings {
		h := collectors.Health{Collector: "eventlog", Item: t.item, State: "ok"}
		if n, ok := s.Setting(t.key, t.value); !ok || n != t.want {
			h.State, h.Reason = "off", t.lost+"; "+t.command
		}
		rows = append(rows, h)
	}
	return rows
}

// codePrivilege is ERROR_PRIVILEGE_NOT_HELD of winerror.h.
const codePrivilege = 1314

func (c *subcategory) health(a Audit) collectors.Health {
	h := collectors.Health{Collector: "eventlog", Item: policyItem + c.name, State: "ok"}
	missing := "/success:enable"
	if c.failure {
		missing += " /failure:enable"
	}
	command := "auditpol /set /subcategory:{" + strings.ToUpper(c.guid+subcategoryTail) + "} " + missing
	ids := make([]string, len(c.events))
	for i, id := range c.events {
		ids[i] = strconv.FormatUint(uint64(id), 10)
	}
	switch what := "events " + strings.Join(ids, ", ") + " of the Security log"; {
	case !a.Success:
		h.State, h.Reason = "off", "without "+what+"; "+command
	case c.failure && !a.Failure:
		h.State, h.Reason = "degraded", what+" tell of what succeeded only; "+command
	}
	return h
}

// Audited gives the ids of the Security log's events that a subcategory of the audit policy brings.
func Audited(name string) []uint32 {
	i := slices.IndexFunc(subcategories, func(c subcategory) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return subcategories[i].events
}
