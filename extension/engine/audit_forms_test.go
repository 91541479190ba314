package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// rowsIn gives what a query over a recording gives, a row a line.
func rowsIn(t *testing.T, path, sql string) string {
	t.Helper()
	e, _ := replayed(t, path)
	var got []string
	if err := (rowsOf{e.db}).Each(t.Context(), sql, func(_, values []string) { got = append(got, strings.Join(values, "|")) }); err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, "\n")
}

// TestAuditFromTheField holds what went wrong on logs of others: the same kinds are in testdata/decode/audit, where they are always read.
func TestAuditFromTheField(t *testing.T) {
	for file, tests := range map[string]map[string]string{
		"audit-two-hosts.log": {
			"SELECT computer, pid, api, process_key LIKE computer || '.%' FROM api_calls": "hostA|4000|process_vm_writev|1\nhostB|5000|mprotect|1",
			"SELECT count(*) FROM findings":                                               "0",
		},
		"audit-long-command.log": {
			"SELECT length(cmdline) > 4096, cmdline_left_out, json_array_length(argv) FROM process_starts": "1|0|3",
		},
		"audit-quoting.log": {
			"SELECT argv FROM process_starts WHERE name = 'bash' ORDER BY eid": `["bash","-c","python3 -m http.server"]` + "\n" +
				`["bash","-c","python3","-m","http.server"]`,
		},
		"audit-architectures.log": {
			"SELECT group_concat(DISTINCT api) FROM api_calls":                                  "execve,ptrace,connect",
			"SELECT count(*), sum(cmdline LIKE 'id %') FROM process_starts":                     "7|7",
			"SELECT count(*), count(DISTINCT remote_address || remote_port) FROM network_flows": "7|1",
		},
		"audit-enriched-no-separator.log": {
			"SELECT group_concat(user) FROM (SELECT user FROM process_starts ORDER BY pid)": "bob,bob,bob,root",
		},
		"audit-one-line.log": {"SELECT cmdline, cwd, path_uid FROM process_starts": "ping example.org|/home/vagrant|0"},
		"audit-by-syslog.log": {
			"SELECT group_concat(pid || computer) FROM (SELECT * FROM api_calls ORDER BY pid)": "9001linux-host,9002linux-host,9003linux-host," +
				"9004linux-host,9005linux-host",
		},
		"audit-by-rfc5424.log":     {"SELECT pid, cmdline, computer FROM process_starts": "9002|id -G|linux-host"},
		"audit-by-journald.log":    {"SELECT pid, api, computer FROM api_calls": "9005|ptrace|linux-host"},
		"ausearch-raw.log":         {"SELECT pid, cmdline FROM process_starts": "9501|id -Z"},
		"ausearch-interpreted.log": {"SELECT pid, api, user FROM api_calls": "9502|execve|root\n9503|ptrace|root"},
		"laurel.json":              {"SELECT pid, cmdline, computer FROM process_starts": "9901|id -u|web01"},
		"go-audit.json":            {"SELECT pid, cmdline, user FROM process_starts": "18848|cat /etc/passwd|root"},
		"audit-tampered.audit.log": {
			"SELECT action, rule_list, rule_key, setting, value, old_value, auid FROM audit_changes ORDER BY time_ns": "" +
				"remove_rule|exit|apiwatch||||0\nset|||audit_enabled|0|1|0\nadd_rule|exit|||||0",
		},
	} {
		t.Run(file, func(t *testing.T) {
			path := telemetry.Test(t, "..", "field", file)
			for sql, want := range tests {
				if got := rowsIn(t, path, sql); got != want {
					t.Errorf("%s\ngives\n%s\nwant\n%s", sql, got, want)
				}
			}
			got := rowsIn(t, path, "SELECT state, lost FROM collector_health WHERE collector = 'audit'")
			if got != "ok|0" {
				t.Errorf("its health is %s", got)
			}
		})
	}
}

// TestTamperingIsFound: what the log of another machine says of its audit being changed is a finding.
func TestTamperingIsFound(t *testing.T) {
	_, findings := replayed(t, telemetry.Test(t, "..", "field", "audit-tampered.audit.log"))
	got := make(map[string]int)
	for _, f := range findings {
		got[f.Detection]++
	}
	if got["SELF-1"] != 1 || got["SELF-2"] != 1 {
		t.Errorf("findings are %v, want one of SELF-1 and one of SELF-2", summaries(findings))
	}
}

// TestHostsAreKeptApart: an injection on one host and memory made executable on another, by a process of the target's number, are no
// injection; on one host they are.
func TestHostsAreKeptApart(t *testing.T) {
	log := filepath.Join("..", "..", "testdata", "decode", "audit", "hosts.log")
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	one := filepath.Join(t.TempDir(), "one.log")
	if err := os.WriteFile(one, []byte(strings.ReplaceAll(string(b), "beta.example", "alpha.example")), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{log: false, one: true} {
		_, findings := replayed(t, path)
		var names []string
		for _, f := range findings {
			names = append(names, f.Detection)
		}
		if slices.Contains(names, "AN1400") != want {
			t.Errorf("%s: findings are %v, and AN1400 should be there: %v", filepath.Base(path), names, want)
		}
	}
	if got := rowsIn(t, log, "SELECT count(DISTINCT process_key), count(DISTINCT computer) FROM api_calls WHERE pid = 4000"); got != "3|3" {
		t.Errorf("the process 4000 of three hosts has %s keys and computers", got)
	}
}

// TestUnknownArchitectureIsNamed: its calls are numbers, and health says so.
func TestUnknownArchitectureIsNamed(t *testing.T) {
	path := filepath.Join("..", "..", "testdata", "decode", "audit", "architectures.log")
	got := rowsIn(t, path, "SELECT state, instr(reason, '1 of alpha') > 0, instr(detail, 'arch_alpha=1') > 0 FROM collector_health "+
		"WHERE collector = 'audit'")
	if got != "degraded|1|1" {
		t.Errorf("health is %s", got)
	}
}

// TestOtherReportsAreRefused: a report that names no process is refused by its name.
func TestOtherReportsAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.txt")
	text := "\nExecutable Report\n====================================\n# date time exe term host auid event\n" +
		"====================================\n1. 11/14/2023 22:15:52 /usr/bin/curl pts2 ? alice 252\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found, _, err := Recordings([]string{path})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d recordings: %v", len(found), err)
	}
	source := found[0].Format.Open(path, nil)
	if err := source.Open(t.Context(), func() {}); err == nil || !strings.Contains(err.Error(), "Executable Report") {
		t.Errorf("it is not refused by name: %v", err)
	}
}
