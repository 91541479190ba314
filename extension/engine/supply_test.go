package engine

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/live"
	"github.com/apiwatch/apiwatch/queries"
	"github.com/apiwatch/apiwatch/tables"
)

// Rows by which the conditions of Windows feeds are told.
func channel(path string) collectors.Item {
	return collectors.Item{Collector: "eventlog", Item: "channel:" + path}
}

func auditPolicy(name string) collectors.Item {
	return collectors.Item{Collector: "eventlog", Item: "audit_policy:" + name}
}

func traced(provider string) collectors.Item {
	return collectors.Item{Collector: "etw", Item: "provider:" + provider}
}

var sysmon = channel("Microsoft-Windows-Sysmon/Operational")

// healthy gives a health in which every feed of a platform works but those that are off for a reason.
func healthy(platform string, off map[collectors.Item]string) []collectors.Health {
	var out []collectors.Health
	seen := make(map[collectors.Item]bool)
	for _, f := range Feeds() {
		for _, n := range f.Needs {
			if f.Platform != platform || seen[n] {
				continue
			}
			seen[n] = true
			h := collectors.Health{Collector: n.Collector, Item: n.Item, State: "ok"}
			if why, ok := off[n]; ok {
				h.State, h.Reason = "off", why
			}
			out = append(out, h)
		}
	}
	return out
}

func TestWindowsStates(t *testing.T) {
	all := make(map[collectors.Item]string)
	for _, h := range healthy("windows", nil) {
		all[collectors.Item{Collector: h.Collector, Item: h.Item}] = "switched off"
	}
	for _, c := range []struct {
		name         string
		tables, logs []string
		body         string
		health       []collectors.Health
		state        queries.State
		reason       string
	}{
		{
			"everything works",
			[]string{"process_starts"},
			[]string{"WinEventLog:Sysmon", "EDR:file"},
			"",
			healthy("windows", nil), queries.Active, "",
		},
		{
			"another feed brings the same",
			[]string{"process_starts"},
			[]string{"WinEventLog:Security"},
			"",
			healthy("windows", map[collectors.Item]string{sysmon: "not installed"}), queries.Active, "",
		},
		{
			"a log that the analytic names",
			[]string{"process_starts"},
			[]string{"WinEventLog:Security", "WinEventLog:Sysmon"},
			"",
			healthy("windows", map[collectors.Item]string{sysmon: "not installed"}), queries.Degraded,
			"without WinEventLog:Sysmon: not installed",
		},
		{
			"a later table",
			[]string{"process_starts", "pipe_events"},
			[]string{"WinEventLog:Security"},
			"",
			healthy("windows", map[collectors.Item]string{sysmon: "not installed"}), queries.Degraded,
			"without pipe_events: not installed",
		},
		{
			"the first table",
			[]string{"process_starts", "logons"},
			[]string{"WinEventLog:Sysmon"},
			"",
			healthy("windows", map[collectors.Item]string{
				sysmon: "not installed", auditPolicy("Process Creation"): "auditpol",
				traced("Microsoft-Windows-Kernel-Process"): "access denied",
			}), queries.NotFed,
			"without process_starts: not installed, or auditpol, or access denied; without WinEventLog:Sysmon: not installed",
		},
		{
			"a policy without its log", []string{"logons"}, nil, "", healthy("windows", map[collectors.Item]string{
				channel("Security"): "denied", channel("Microsoft-Windows-WinRM/Operational"): "denied",
				channel("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"):     "denied",
				channel("Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"): "denied",
			}), queries.NotFed, "without logons: denied",
		},
		{
			"no event log at all",
			[]string{"script_blocks"},
			nil,
			"",
			[]collectors.Health{
				{Collector: "eventlog", Item: "source", State: "failed", Reason: "no service"},
				{Collector: "etw", Item: "session", State: "off", Reason: "no session"},
			},
			queries.NotFed, "without script_blocks: no service, or no session",
		},
		{
			"traces alone", []string{"process_starts"}, nil, "", []collectors.Health{
				{Collector: "eventlog", Item: "source", State: "failed", Reason: "no service"},
				{Collector: "etw", Item: "provider:Microsoft-Windows-Kernel-Process", State: "ok"},
			}, queries.Active, "",
		},
		{
			"an API that only one feed has",
			[]string{"api_calls"},
			nil,
			"api IN ('CreateProcess', 'NtSetEaFile')",
			healthy("windows", map[collectors.Item]string{traced("Microsoft-Windows-Kernel-File"): "denied"}), queries.Degraded,
			"without NtSetEaFile in api_calls: denied",
		},
		{"nothing works", []string{"process_starts"}, nil, "", healthy("windows", all), queries.NotFed, "without process_starts: switched off"},
		{"nothing collects", []string{"process_starts"}, nil, "", nil, queries.NotFed, "without process_starts: nothing collects it here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &queries.Detection{
				Platform: "windows", Tables: c.tables, LogSources: c.logs, Ways: []queries.Way{{Tables: c.tables, Body: c.body}},
			}
			state, reason := newSupply(Feeds(), nil, c.health).state(d)
			if state != c.state || reason != c.reason {
				t.Errorf("%s: %q, want %s: %q", state, reason, c.state, c.reason)
			}
		})
	}
}

// A recording feeds the analytics of its platform, and no others.
func TestRecordedStates(t *testing.T) {
	for platform, recording := range map[string]string{"linux": "audit/calls.log", "windows": "eventlog/windows.xml"} {
		e, _ := replayed(t, decoded(recording))
		n := 0
		for _, s := range e.statuses() {
			want := queries.OtherPlatform
			if s.Detection.Platform == platform {
				want = queries.Active
			}
			if slices.Contains(strings.Fields(othersOnly), s.Detection.ID) && want == queries.Active {
				want = queries.NotFed
			}
			if slices.Contains(strings.Fields(alsoReads), s.Detection.ID) && want == queries.Active {
				want = queries.Degraded
			}
			if s.State != want {
				t.Errorf("%s: %s is %q (%s), want %q", recording, s.Detection.ID, s.State, s.Reason, want)
			}
			n++
		}
		if all, err := queries.All(); err != nil || n != len(all) {
			t.Errorf("%d detections are listed, %d are shipped: %v", n, len(all), err)
		}
	}
}

// othersOnly look at opens below /run, which no rule of ours asks for: they are as many as an ordinary machine's work.
const othersOnly = "T1106-04 T1106-24"

// alsoReads look beside what our rules bring at reads below /proc, /dev and home folders, which no rule of ours asks for.
const alsoReads = "AN1046"

// readsAlone is the way of them that has nothing else to look at.
const readsAlone = "DET0371_debugger_evasion/AN1046_linux.status.sql"

// frequentNeeded look at what frequent rules bring, too; auditNeeded begin with what only audit brings.
const (
	frequentNeeded = commands + " " + devicesToo + " AN0120 AN0613 AN0839 AN0976 AN1196 AN1223 AN1241 AN1400 AN1494 T1106-26 T1106-28"
	auditNeeded    = "AN0514 AN0579 AN0613 AN0688 AN0976 AN1196 AN1241 AN1400 AN1494 AN1627 T1106-26 T1106-28"
	// devicesToo look at watched files and devices as well as at commands.
	devicesToo = "AN0163 AN0244 AN0283 AN0569 AN0620 AN0703 AN1098 AN1199"
	// commands look at programs that are started, and at little else.
	commands = "AN0255 AN0272 AN0397 AN0431 AN0904 AN1065 AN1183 AN1562 AN2031"
)

// ruled gives a health with audit's rules, of which some are off for a reason.
func ruled(reason string, off func(audit.Rule) bool) []collectors.Health {
	health := []collectors.Health{
		{Collector: "audit", Item: "socket", State: "degraded"},
		{Collector: "process_connector", Item: "socket", State: "ok"},
		{Collector: "procfs", Item: "processes", State: "ok"},
		{Collector: "ebpf", Item: "programs", State: "off", Reason: "--linux-feed=audit"},
	}
	for _, r := range audit.Rules(audit.DefaultWatchPaths()) {
		h := collectors.Health{Collector: "audit", Item: "rule:" + r.Name, State: "ok"}
		if off(r) {
			h.State, h.Reason = "off", reason
		}
		health = append(health, h)
	}
	return health
}

func TestLinuxStates(t *testing.T) {
	named := func(names ...string) func(audit.Rule) bool {
		return func(r audit.Rule) bool { return slices.Contains(names, r.Name) }
	}
	frequent := func(r audit.Rule) bool { return r.Volume != audit.Low }
	all := func(audit.Rule) bool { return true }
	noConnector := func(health []collectors.Health) []collectors.Health {
		health[1].State = "failed"
		return health
	}
	moot := func(health []collectors.Health) []collectors.Health {
		for i := range health {
			health[i].Moot = health[i].State == "off"
		}
		return health
	}
	noAudit := ruled("", all)[:4]
	noAudit[0].State, noAudit[0].Reason = "failed", "no rights"
	programmed := []collectors.Health{
		{Collector: "ebpf", Item: "programs", State: "ok"},
		{Collector: "procfs", Item: "processes", State: "ok"},
		{Collector: "audit", Item: "socket", State: "off", Reason: "eBPF is used"},
	}
	for _, c := range []struct {
		name   string
		health []collectors.Health
		// analytics by state; those not named are active
		degraded, notFed string
	}{
		{"everything works", ruled("", named()), "", ""},
		{"frequent rules off", ruled("low", frequent), frequentNeeded, "AN0514 AN1627"},
		{"ptrace off", ruled("withdrawn", named("ptrace")), "AN0244 AN0703 AN1400", "AN0579 AN1241"},
		{"a file is not watched", ruled("adding it: x", named("read:/etc/timezone")), "AN0120", ""},
		{"a file cannot be there", moot(ruled(audit.NoFolder, named("read:/etc/timezone"))), "", ""},
		{
			"no executions", noConnector(ruled("low", named("execve"))),
			devicesToo + " AN0514 AN0613 AN0839 AN0976 AN1196 AN1494", "AN0120 AN1223 " + commands,
		},
		{"all rules off", ruled("none", all), devicesToo + " AN0120 AN0839 AN1223 " + commands, auditNeeded},
		{"eBPF", programmed, "AN0163 AN1098", "SELF-1 SELF-2 SELF-3"},
		{
			"no audit", noAudit, devicesToo + " AN0120 AN0839 AN1223 " + commands,
			auditNeeded + " SELF-1 SELF-2 SELF-3 SELF-4 SELF-5",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, d := range detectionsOf(t, "linux") {
				want := queries.Active
				if strings.Contains(c.notFed, d.ID) || strings.Contains(othersOnly, d.ID) {
					want = queries.NotFed
				} else if strings.Contains(c.degraded, d.ID) || strings.Contains(alsoReads, d.ID) {
					want = queries.Degraded
				}
				state, why := newSupply(Feeds(), nil, c.health).state(&d)
				if state != want || (why == "") != (want == queries.Active) {
					t.Errorf("%s is %q (%s), want %q", d.ID, state, why, want)
				}
			}
		})
	}
	narrowed := ruled("", named())
	i := slices.IndexFunc(narrowed, func(h collectors.Health) bool { return h.Item == "rule:ptrace" })
	narrowed[i].State, narrowed[i].Reason = "degraded", "leaves out uid 1000"
	for _, d := range detectionsOf(t, "linux") {
		state, why := newSupply(Feeds(), nil, narrowed).state(&d)
		blind := slices.Contains([]string{"AN0244", "AN0579", "AN0703", "AN1046", "AN1241", "AN1400"}, d.ID)
		reads := strings.Contains(alsoReads, d.ID)
		if (blind || reads) != (state == queries.Degraded) || blind != strings.HasPrefix(why, "audit rule ptrace: leaves out uid 1000") {
			t.Errorf("where ptrace leaves out a user %s is %q (%s)", d.ID, state, why)
		}
	}
	for _, d := range detectionsOf(t, "linux") {
		_, why := newSupply(Feeds(), nil, ruled("low", frequent)).state(&d)
		if d.ID == "AN1627" && why != "without audit rule utime, audit rule utimensat: low; without eBPF: --linux-feed=audit; "+
			"only what rules of others bring is seen" {
			t.Errorf("AN1627: %q", why)
		}
	}
}

// undeclared are log sources that analytics name and no collector has, each with what shows the same deeds instead.
var undeclared = map[string]string{
	"linux/linus:syslog":  "it stands for commands, which are seen as they are executed",
	"linux/linux:Sysmon":  "audit and the process connector tell of the same programs and calls; recordings of it are read",
	"linux/linux:cli":     "commands are seen as they are executed",
	"linux/linux:cron":    "what cron starts is seen as it is executed",
	"linux/linux:syslog":  "modules, opens and commands are seen as the calls that they are, by audit and eBPF",
	"linux/linux:osquery": "modules are seen as they are loaded, by audit",
	"linux/NSM:Flow":      "audit tells of connections",
	"windows/EDR:file":    "Sysmon, the Security log and ETW tell of files",
	"windows/EDR:memory":  "Sysmon and Microsoft-Windows-Threat-Intelligence tell of memory",
	"windows/ETW":         "no provider is named; those that are read are feeds of their own",
}

// TestLogSourcesAreDeclared holds each log source that an analytic names, and each table that it begins with, to the declarations.
func TestLogSourcesAreDeclared(t *testing.T) {
	all, err := queries.All()
	if err != nil {
		t.Fatal(err)
	}
	feeds, unused := Feeds(), make(map[string]bool)
	for name := range undeclared {
		unused[name] = true
	}
	for _, d := range all {
		for _, name := range d.LogSources {
			at := d.Platform + "/" + name
			declared := slices.ContainsFunc(feeds, func(f collectors.Feed) bool {
				return f.Platform == d.Platform && slices.Contains(f.LogSources, name)
			})
			if declared == (undeclared[at] != "") {
				t.Errorf("%s names %s: declared %v, and excused by %q", d.ID, at, declared, undeclared[at])
			}
			delete(unused, at)
		}
		s := newSupply(feeds, []string{d.Platform}, nil)
		for i := range d.Ways {
			if slices.Contains(strings.Fields(othersOnly), d.ID) || d.Ways[i].File == readsAlone {
				continue
			}
			if anchored, _ := s.way(&d, &d.Ways[i], new(reasons)); !anchored {
				t.Errorf("%s %s: no feed brings %s anything", d.ID, d.Ways[i].Name, d.Ways[i].Tables[0])
			}
		}
	}
	for name := range unused {
		t.Errorf("%s is excused, and no analytic names it", name)
	}
}

// TestDeclaredTablesExist holds the declarations to the tables: what they name exists, and each table of events or of state has a feed.
func TestDeclaredTablesExist(t *testing.T) {
	names := make(map[string]bool)
	for _, table := range tables.All(&tables.Data{Feeds: Feeds()}) {
		names[table.Name] = true
		if len(table.Platforms) == 0 {
			t.Errorf("no feed brings %s anything", table.Name)
		}
	}
	for _, f := range Feeds() {
		for _, d := range f.Deliveries {
			if !names[d.Table] {
				t.Errorf("%s delivers %s, which is no table", f.Name, d.Table)
			}
		}
		if f.Platform == "" || f.Name == "" || len(f.Needs) == 0 || len(f.Deliveries)+len(f.APIs) == 0 {
			t.Errorf("a feed is not whole: %+v", f)
		}
	}
}

// feedsOf gives the declared feeds that a record of Windows comes by.
func feedsOf(feeds []collectors.Feed, r *form.Record, source string) (out []*collectors.Feed) {
	for i := range feeds {
		f := &feeds[i]
		need := f.Needs[len(f.Needs)-1]
		switch {
		case f.Platform != "windows":
		case need == channel(r.Channel), need.Collector == "etw" && slices.Contains(f.LogSources, source):
			out = append(out, f)
		case strings.HasPrefix(need.Item, "audit_policy:") && r.Provider == "Microsoft-Windows-Security-Auditing":
			if slices.Contains(live.Audited(strings.TrimPrefix(need.Item, "audit_policy:")), r.EventID) {
				out = append(out, f)
			}
		}
	}
	return out
}

// unseen are feeds of which the recordings do not hold everything.
var unseen = map[string]bool{
	"channel PowerShellCore/Operational": true, // the records of Windows PowerShell by another name
	"ETW provider Microsoft-Windows-RPC": true, // one record of each form, not of each of the operations
	"audit policy Kernel Object":         true, // its handles with rights to change another process
}

// TestFeedsDeliver holds the declarations of Windows to what the decoders make of one record of each event: each table and each API that
// shows a record is declared by a feed that it comes by, and each that is declared is shown.
func TestFeedsDeliver(t *testing.T) {
	feeds := Feeds()
	type fact struct{ feed, what string }
	seen := make(map[fact]bool)
	records := decodedRecords(t, "eventlog/windows.xml", "etw/windows.xml")
	everyTable(t, &tables.Data{Store: records.store}, func(table string, row map[string]string) {
		eid, _ := strconv.ParseInt(row["eid"], 10, 64)
		r := records.of[eid]
		if r == nil || table == "api_calls" && row["api"] == "" {
			return // of api_event_map; no call
		}
		by := feedsOf(feeds, r, row["log_source"])
		what := table
		if table == "api_calls" {
			what = "API " + row["api"]
		}
		declared := false
		for _, f := range by {
			if f.Delivers(what) || table == "api_calls" && slices.Contains(f.APIs, row["api"]) {
				declared, seen[fact{f.Name, what}] = true, true
			}
		}
		if !declared {
			t.Errorf("%s %s %d is shown in %s as %s, which no feed declares", r.Channel, r.Provider, r.EventID, table, row["api"])
		}
	})
	for _, f := range feeds {
		if f.Platform != "windows" || f.Needs[0].Collector == "winproc" {
			continue
		}
		if unseen[f.Name] {
			continue
		}
		for _, d := range f.Deliveries {
			if d.Table != "eventlog_records" && !seen[fact{f.Name, d.Table}] {
				t.Errorf("%s declares %s: no record is shown there", f.Name, d.Table)
			}
		}
		for _, api := range f.APIs {
			if !seen[fact{f.Name, "API " + api}] {
				t.Errorf("%s declares %s: no record is shown as that", f.Name, api)
			}
		}
	}
}

// TestAuditFeedsDeliver holds audit's declarations to what its decoder makes of one call of each kind.
func TestAuditFeedsDeliver(t *testing.T) {
	e, _ := replayed(t, decoded("audit/calls.log"))
	feeds := slices.DeleteFunc(Feeds(), func(f collectors.Feed) bool { return f.Needs[0].Collector != "audit" })
	type fact struct{ feed, what string }
	seen := make(map[fact]bool)
	everyTable(t, &tables.Data{Store: e.store}, func(table string, row map[string]string) {
		api, declared, known := row["api"], false, false
		if table == "api_event_map" || table == "eventlog_records" {
			return
		}
		for _, f := range feeds {
			if slices.Contains(f.APIs, api) {
				known = true
				seen[fact{f.Name, table}], seen[fact{f.Name, "API"}] = true, true
				declared = declared || f.Delivers(table) || table == "api_calls"
			}
		}
		// Others' rules may have calls reported that none of ours asks for.
		if known && !declared {
			t.Errorf("%s is shown in %s, which no rule's feed declares", api, table)
		}
	})
	checked := 0
	for _, f := range feeds {
		if !seen[fact{f.Name, "API"}] {
			continue // the recording has none of its calls
		}
		for _, d := range f.Deliveries {
			checked++
			if !seen[fact{f.Name, d.Table}] {
				t.Errorf("%s declares %s: no call is shown there", f.Name, d.Table)
			}
		}
	}
	if checked < 15 {
		t.Errorf("the recording shows only %d of the declarations", checked)
	}
}
