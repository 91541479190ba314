package live

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

func TestPolicies(t *testing.T) {
	f, _ := sysmonOnly()
	f.audited = make(map[string]Audit)
	for _, c := range subcategories {
		f.audited[c.guid+subcategoryTail] = Audit{Success: true, Failure: c.name != "Logon"}
	}
	delete(f.audited, "0cce922b"+subcategoryTail)
	f.settings = map[string]uint32{"EnableScriptBlockLogging": 1, "EnableModuleLogging": 0}
	r := startLive(t, f, "", 0)
	for item, want := range map[string]string{
		"audit_policy:Process Creation": "off: without events 4688, 4696 of the Security log; auditpol /set " +
			"/subcategory:{0CCE922B-69AE-11D9-BED3-505054503030} /success:enable",
		"audit_policy:Logon": "degraded: events 4624, 4625, 4648 of the Security log tell of what succeeded only; auditpol /set " +
			"/subcategory:{0CCE9215-69AE-11D9-BED3-505054503030} /success:enable /failure:enable",
		"audit_policy:Logoff":              "ok: ",
		"setting:script_block_logging":     "ok: ",
		"setting:command_line":             "off: process creations",
		"setting:module_logging":           "off: PowerShell logs no pipelines",
		channelItem + fakeSysmon:           "ok: ",
		channelItem + "Application":        "off: ",
		channelItem + "Windows PowerShell": "off: Windows PowerShell is not installed",
	} {
		if h := r.item(item); !strings.HasPrefix(h.State+": "+h.Reason, want) {
			t.Errorf("%s is %s: %s", item, h.State, h.Reason)
		}
	}
	f.denied = &CallError{"AuditQuerySystemPolicy", codePrivilege, "a required privilege is not held"}
	r.expect(100)
	if h := r.item("audit_policy"); h.State != "degraded" || !strings.Contains(h.Reason, "administrators") {
		t.Errorf("%+v", h)
	}
}

// What is mapped is subscribed to, and what of the Security log is mapped belongs to an audit subcategory.
func TestChannelsFollowTheMapping(t *testing.T) {
	queries := make(map[string]string)
	for _, c := range Channels() {
		q := c.Query()
		queries[c.Path] = q
		for _, s := range strings.Split(q, "<Select ")[1:] {
			if terms := strings.Count(s, "="); terms-1 > maxTerms+1 {
				t.Errorf("%s: a Select of %d comparisons: %s", c.Path, terms-1, s)
			}
		}
		for _, p := range c.Providers {
			events := meaning.FamilyOf(p).Events
			if len(events) == 0 {
				t.Errorf("%s asks for %s, of which nothing is mapped", c.Path, p)
			}
			asked := ""
			for s := range strings.SplitSeq(q, "<Select ") {
				if strings.Contains(s, "@Name='"+p+"'") {
					asked += s
				}
			}
			for id := range events {
				if !strings.Contains(asked, fmt.Sprintf("EventID=%d ", id)) && !strings.Contains(asked, fmt.Sprintf("EventID=%d)", id)) {
					t.Errorf("%s does not ask for %d of %s", c.Path, id, p)
				}
			}
		}
		if c.Missing == "" || c.Disabled == "" || c.LogSource == "" {
			t.Errorf("%s does not say what to do", c.Path)
		}
	}
	if got := queries[fakeSysmon]; got != `<QueryList><Query Id="0" Path="`+fakeSysmon+`"><Select Path="`+fakeSysmon+
		`">*</Select></Query></QueryList>` {
		t.Error(got)
	}
	for id := range meaning.SecurityEvents {
		if !slices.ContainsFunc(subcategories, func(c subcategory) bool { return slices.Contains(c.events, id) }) {
			t.Errorf("no audit subcategory is said to bring %d", id)
		}
	}
	guids := make(map[string]bool)
	for _, c := range subcategories {
		if guids[c.guid] {
			t.Errorf("%s is listed twice", c.name)
		}
		guids[c.guid] = true
	}
	// Whatever provider the mapper knows, one of these channels is where it writes.
	channels := map[string]string{
		"Application Error": "Application", "Application Hang": "Application", "ESENT": "Application", "MsiInstaller": "Application",
		"NTDS ISAM":               "Application",
		"Windows Error Reporting": "Application", "Microsoft-Windows-Eventlog": "System", "Microsoft-Windows-DistributedCOM": "System",
		"Service Control Manager":             "System",
		"Microsoft-Windows-Security-Auditing": "Security", "PowerShell": "Windows PowerShell",
		"Microsoft-Windows-MF-FrameServer":    "Microsoft-Windows-MF-FrameServer/Camera_FrameServer",
		"Microsoft-Windows-DNS Client Events": "System",
	}
	also := map[string]string{ // what other tools, or logs of other systems, call them
		"Linux-Sysmon": "Microsoft-Windows-Sysmon", "Microsoft-Windows-Service Control Manager": "Service Control Manager",
		"Microsoft-Windows-Windows Camera Frame Server": "Microsoft-Windows-MF-FrameServer",
	}
	for provider, known := range meaning.Families {
		if also[provider] != "" {
			provider = also[provider]
			if reflect.ValueOf(meaning.Families[provider].Events).Pointer() != reflect.ValueOf(known.Events).Pointer() {
				t.Errorf("%s is no other name of %s", provider, also[provider])
			}
		}
		channel := cmp.Or(channels[provider], provider+"/Operational")
		if q := queries[channel]; !strings.Contains(q, ">*<") && !strings.Contains(q, "@Name='"+provider+"'") {
			t.Errorf("nobody asks %s for %s", channel, provider)
		}
	}
}
