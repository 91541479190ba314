package engine

import (
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/winproc"
)

// oneProcess is a Windows system of this program and one other, each with writable code, a token and a thread.
type oneProcess struct{ winproc.System }

func (oneProcess) Processes() ([]winproc.Entry, error) {
	return []winproc.Entry{
		{PID: int64(os.Getpid()), Name: "apiwatch.ext.exe", Threads: []winproc.ThreadEntry{{ID: 2}}},
		{PID: 1 << 30, PPID: 4, Name: "odd.exe", Session: 1, Created: 133500000000000000, Threads: []winproc.ThreadEntry{{ID: 1}}},
	}, nil
}

func (oneProcess) Image(int64) string { return `\Device\HarddiskVolume1\odd.exe` }
func (oneProcess) Drives() map[string]string {
	return map[string]string{`\Device\HarddiskVolume1`: "C:"}
}
func (oneProcess) Account(string) (string, error)               { return `PC\ann`, nil }
func (oneProcess) Missing(string) bool                          { return false }
func (oneProcess) DebugPrivilege() bool                         { return true }
func (oneProcess) Process(int64, bool) (winproc.Process, error) { return opened{}, nil }
func (oneProcess) Thread(int64) (winproc.Thread, error)         { return openedThread{}, nil }

type opened struct{ winproc.Process }

func (opened) Close() error             { return nil }
func (opened) Cmdline() (string, error) { return "odd", nil }
func (opened) Wow64() bool              { return true }
func (opened) Token() (winproc.Token, error) {
	return winproc.Token{
		UserSID: "S-1-5-21-7", IntegritySID: "S-1-16-12288", Type: 1, ElevationType: 2, Session: 1, LogonID: 0x3e7,
		Privileges: []winproc.Privilege{{Number: 20, Attributes: 2}, {Number: 17}}, Groups: []winproc.Group{{SID: "S-1-1-0", Attributes: 7}},
	}, nil
}

type openedThread struct{ winproc.Thread }

func (openedThread) Close() error           { return nil }
func (openedThread) Start() (uint64, error) { return 0x20010, nil }
func (openedThread) Token() (winproc.Token, bool, error) {
	return winproc.Token{UserSID: "S-1-5-18", Type: 2}, true, nil
}

func (opened) Pages(_ []uint64, states []winproc.PageState) error {
	clear(states)
	states[0] = 1
	return nil
}
func (opened) File(uint64) (string, error) { return "", fs.ErrNotExist }
func (opened) Region(address uint64) (winproc.Region, error) {
	if address >= 0x30000 {
		return winproc.Region{}, io.EOF
	}
	return winproc.Region{
		Base: 0x20000, Size: 0x10000, AllocationBase: 0x20000, Protect: 0x40, InitialProtect: 4, State: 0x1000,
		Type: 0x20000,
	}, nil
}

// What Windows tells arrives in the columns that it belongs to.
func TestWindowsStateInSQL(t *testing.T) {
	f := plan{host: collectors.NoHost{}}
	windowsState(&f, winproc.NewHost(oneProcess{}, "pc"))
	e, err := newEngine(f, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	for sql, want := range map[string]string{
		`SELECT pid, kind, permissions, protection, initial_protection, region_type, start, "end", allocation_base, resident, private_dirty, ` +
			`anonymous, path, user, process_key FROM rwx_mappings`: `1073741824 rwx rwxp PAGE_EXECUTE_READWRITE PAGE_READWRITE private ` +
			`0x00020000 0x00030000 0x00020000 4096 4096 4096 C:\odd.exe PC\ann pc.1073741824.1705526400000`,
		`SELECT count(*) FROM process_tokens`: "4",
		`SELECT token_type, user, enabled_privileges, disabled_privileges, adjusted_privileges, logon_id, session, integrity_level, ` +
			`elevation, groups FROM process_tokens WHERE pid = 1073741824 AND thread_id IS NULL`: `primary PC\ann SeDebugPrivilege ` +
			`SeBackupPrivilege SeDebugPrivilege 0x3e7 1 High full S-1-1-0`,
		`SELECT thread_id, start_address, module, unbacked, region_type, permissions, region_size, unbacked_frames FROM thread_starts WHERE ` +
			`pid = 1073741824`: `1 0x20010  1 private rwxp 65536 `,
		`SELECT item FROM collector_health WHERE collector = 'live_state'`: "code_patches\nopen_sensitive_files\ntracer_state",
	} {
		var got []string
		if err := (rowsOf{e.db}).Each(t.Context(), sql, func(_, values []string) { got = append(got, strings.Join(values, " ")) }); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s:\n%s\nwant\n%s", sql, strings.Join(got, "\n"), want)
		}
	}
}

// TestEmptyStateSaysWhy: a table of state that nothing fills names the systems that would.
func TestEmptyStateSaysWhy(t *testing.T) {
	e, err := newEngine(plan{host: collectors.NoHost{}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	const sql = `SELECT item, reason FROM collector_health WHERE collector = 'live_state'`
	said := make(map[string]string)
	if err := (rowsOf{e.db}).Each(t.Context(), sql, func(_, values []string) { said[values[0]] = values[1] }); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]string{
		"rwx_mappings": "of linux and windows,", "process_tokens": "of windows,", "thread_starts": "of windows,",
		"tracer_state": "of linux,", "open_sensitive_files": "of linux,", "code_patches": "of linux,",
	} {
		if !strings.Contains(said[table], want) {
			t.Errorf("%s: %q, want one that says %q", table, said[table], want)
		}
	}
}
