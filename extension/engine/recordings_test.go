package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/audit/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog"
	"github.com/apiwatch/apiwatch/collectors/linuxsysmon"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// TestShippedFormsFindTheSame holds that a recording in a shipper's form has the findings of the audit log that it was made of.
func TestShippedFormsFindTheSame(t *testing.T) {
	logs := recordingsIn(t, "DET*", "fire-*.audit.log.gz")
	forms := 0
	for _, log := range logs {
		var want []string
		for _, shipped := range []string{".laurel.json.gz", ".goaudit.json.gz", ".auditbeat.json.gz", ".ausearch.txt.gz"} {
			path := strings.TrimSuffix(log, ".audit.log.gz") + shipped
			if _, err := os.Stat(path); err != nil {
				continue
			}
			forms++
			if want == nil {
				want = found(t, log)
			}
			if got := found(t, path); !slices.Equal(got, want) {
				t.Errorf("%s: findings are\n%s\nwant\n%s", filepath.Base(path), strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
	if forms < 12 {
		t.Errorf("%d recordings in shippers' forms, want at least three analytics in each of four", forms)
	}
}

// found gives what the detections say of a recording.
func found(t *testing.T, path string) []string {
	t.Helper()
	_, findings := replayed(t, path)
	out := make([]string, 0, len(findings))
	for _, f := range findings {
		out = append(out, fmt.Sprint(f.Detection, " ", f.Way, ": ", f.Summary))
	}
	slices.Sort(out)
	return out
}

// homes are where among the recordings of others a format may be met, by the folder's name.
var homes = map[*collectors.Format][]string{
	&audit.Format:       {"linux_auditd", "linux_syslog", "api_sequences"},
	form.Laurel:         {"linux_auditd"},
	form.GoAudit:        {"linux_auditd"},
	form.Auditbeat:      {"linux_auditd", "auditbeat"},
	form.Ausearch:       {"linux_auditd"},
	form.MaxPatrol:      {"linux_auditd"},
	form.Aureport:       {"linux_auditd"},
	form.OtherReport:    {"linux_auditd"},
	form.Journal:        {"linux_auditd", "linux_syslog"},
	form.JournalExport:  {"linux_auditd", "linux_syslog"},
	form.Quoted:         {"linux_auditd", "linux_syslog"},
	form.Records:        {"linux_auditd", "linux_syslog"},
	&audit.Shipped:      {"linux_auditd", "linux_syslog"},
	&linuxsysmon.Format: {"linux_sysmon"},
	&eventlog.Format:    {"windows_", "defender_hunting"},
}

// TestFormatsTakeNoOther holds over the recordings of others that a file is of one format at most, and of none that it cannot be of.
func TestFormatsTakeNoOther(t *testing.T) {
	root := telemetry.Test(t)
	count := make(map[string]int)
	var l looker
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		head, _ := l.read(file)
		var by []string
		for _, f := range formats {
			if !f.Recognise(head) {
				continue
			}
			by = append(by, f.Name)
			folder, _, _ := strings.Cut(strings.TrimPrefix(path, root+string(filepath.Separator)), string(filepath.Separator))
			if !slices.ContainsFunc(homes[f], func(home string) bool { return strings.HasPrefix(folder, home) }) {
				t.Errorf("%s is taken for %s", path, f.Name)
			}
			count[f.Name]++
		}
		if len(by) > 1 {
			t.Errorf("%s is taken for each of %s", path, strings.Join(by, ", "))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(count)
}

// TestLinuxSysmonReachesTables holds what the tables show of each event of Sysmon for Linux: who did it, with which parent, to what.
func TestLinuxSysmonReachesTables(t *testing.T) {
	e, _ := replayed(t, filepath.Join("..", "..", "testdata", "decode", "linuxsysmon", "events.log"))
	for sql, want := range map[string]string{
		"SELECT pid, path, cmdline, cwd, uid, user, session, ppid, parent_path, parent_cmdline, parent_process_key <> '', log_source " +
			"FROM process_starts WHERE pid = 9901": `9901|/usr/bin/curl|curl -d "a b" https://example.org/?a=1&b=2|/home/alice|1000|alice|4|9900|` +
			"/usr/bin/bash|-bash|1|linux:Sysmon",
		"SELECT path, user, uid, parent_path, family, protocol, local_port, remote_address, remote_port, is_inbound FROM network_flows " +
			"WHERE pid = 9901": "/usr/bin/curl|alice|1000|/usr/bin/bash|inet|tcp|51000|198.51.100.7|443|0",
		"SELECT path, user, uid, remote_address, is_inbound FROM network_flows WHERE pid = 700": "/usr/sbin/sshd|root|0|2001:db8::5|1",
		"SELECT group_concat(action || ' ' || target_path || ' ' || user || ' ' || parent_path, '|') FROM file_changes": "" +
			"create /tmp/a b.sh alice /usr/bin/bash|delete /tmp/a b.sh alice /usr/bin/bash",
		"SELECT path, user, file FROM file_accesses": "/usr/bin/dd|root|/dev/sda1",
	} {
		var got []string
		err := rowsOf{e.db}.Each(t.Context(), sql, func(_, values []string) { got = append(got, strings.Join(values, "|")) })
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s\ngives\n%s\nwant\n%s", sql, strings.Join(got, "\n"), want)
		}
	}
}
