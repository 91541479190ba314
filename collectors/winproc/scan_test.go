package winproc_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/winproc"
)

var errNoFile = errors.New("the volume for a file has been altered")

const (
	commit              = 0x1000
	private, mapped     = 0x20000, 0x40000
	image               = 0x1000000
	rx, rwx, rw, noExec = 0x20, 0x40, 0x04, 0x02
	shared, own         = winproc.PageState(1 | 1<<15), winproc.PageState(1)
)

// system is a machine with one process of every kind of suspicious memory, one that has none, and some that refuse.
func system() *fake {
	odd := &fakeProcess{
		Entry: winproc.Entry{
			PID: 900, PPID: 600, Name: "odd.exe", Session: 1, Created: 133500000000000000,
			Threads: []winproc.ThreadEntry{{ID: 901, Created: 133500000010000000}, {ID: 902}, {ID: 903}, {ID: 904}, {ID: 905}},
		},
		image: `\Device\HarddiskVolume3\Temp\odd.exe`, cmdline: `odd.exe "x"`,
		token: winproc.Token{UserSID: "S-1-5-18", IntegritySID: "S-1-16-16384", Type: 1, LogonID: 0x3e7, ElevationType: 1},
		regions: []winproc.Region{
			{Base: 0x10000, Size: 0x1000, AllocationBase: 0x10000, Protect: rw, State: commit, Type: private},
			{Base: 0x20000, Size: 0x2000, AllocationBase: 0x20000, Protect: rwx, InitialProtect: rw, State: commit, Type: private},
			{Base: 0x30000, Size: 0x1000, AllocationBase: 0x30000, Protect: rx, State: commit, Type: private},
			{Base: 0x40000, Size: 0x1000, AllocationBase: 0x40000, Protect: rx, State: commit, Type: mapped},   // of the paging file
			{Base: 0x50000, Size: 0x1000, AllocationBase: 0x50000, Protect: rx, State: commit, Type: mapped},   // of a file
			{Base: 0x60000, Size: 0x1000, AllocationBase: 0x60000, Protect: rwx, State: 0x2000, Type: private}, // reserved only
			{Base: 0x70000, Size: 0x1000, AllocationBase: 0x70000, Protect: rwx | 0x100, State: commit, Type: private},
			{Base: 0x100000, Size: 0x1000, AllocationBase: 0x100000, Protect: noExec, State: commit, Type: image},
			{Base: 0x101000, Size: 0x402000, AllocationBase: 0x100000, Protect: rx, State: commit, Type: image}, // hooked
			{Base: 0x600000, Size: 0x2000, AllocationBase: 0x600000, Protect: rx, State: commit, Type: image},   // untouched
			{Base: 0x700000, Size: 0x1000, AllocationBase: 0x700000, Protect: rx, State: commit, Type: image},   // its file is gone
			{Base: 0x800000, Size: 0x1000, AllocationBase: 0x800000, Protect: rx, State: commit, Type: image},   // has no file at all
			{Base: 0x900000, Size: 0x4000, AllocationBase: 0x900000, Protect: rw, State: commit, Type: private}, // stack
		},
		files: map[uint64]string{
			0x50000:  `\Device\HarddiskVolume3\data.bin`,
			0x100000: `\Device\HarddiskVolume3\Windows\System32\ntdll.dll`,
			0x600000: `\Device\Mup\server\share\far.dll`,
			0x700000: `\Device\HarddiskVolume3\Temp\ghost.dll`,
		},
		fileErr: errNoFile,
		pages: map[uint64]winproc.PageState{
			0x101000: shared, 0x102000: own, 0x103000: own, 0x104000: 0, 0x502000: own, 0x600000: shared, 0x601000: shared, 0x20000: own,
			0x700000: shared,
		},
	}
	return &fake{
		missing: []string{`\Device\HarddiskVolume3\Temp\ghost.dll`, `\Device\Mup\server\share\far.dll`},
		processes: []*fakeProcess{
			{Entry: winproc.Entry{PID: 0}, open: fs.ErrNotExist},
			odd,
			{Entry: winproc.Entry{PID: 4, Name: "System"}, token: winproc.Token{UserSID: "S-1-5-18", Type: 1}},
			{Entry: winproc.Entry{PID: 700, Name: "lsass.exe"}, open: fs.ErrPermission, image: `\Device\HarddiskVolume3\Windows\System32\lsass.exe`},
			{Entry: winproc.Entry{PID: 800, Name: "gone.exe"}, open: fs.ErrNotExist},
			{
				Entry: winproc.Entry{PID: 1000, Name: "plain.exe"}, token: winproc.Token{UserSID: "S-1-5-21-1"}, fileErr: fs.ErrPermission,
				regions: []winproc.Region{
					{Base: 0x400000, Size: 0x1000, AllocationBase: 0x400000, Protect: rx, State: commit, Type: image},
				},
			},
		},
		threads: make(map[int64]*fakeThread),
	}
}

func health(t *testing.T, h *winproc.Host, item string) collectors.Health {
	t.Helper()
	for _, row := range h.Health() {
		if row.Item == item {
			return row
		}
	}
	t.Fatalf("no health of %s", item)
	return collectors.Health{}
}

func TestMappings(t *testing.T) {
	sys := system()
	h := winproc.NewHost(sys, "pc")
	if row := health(t, h, "mappings"); row.State != "ok" || row.Detail != "not asked yet" {
		t.Errorf("before any scan: %+v", row)
	}
	var got []string
	for m := range h.Mappings(t.Context(), winproc.Query{}, true) {
		got = append(got, fmt.Sprintf("%d %s %x-%x %s %q %d %d", m.Process.PID, m.Kind, m.Region.Base, m.Region.End(), m.Region.Permissions(),
			m.File, m.Resident, m.Private))
		if p := m.Process; p.Key != "pc.900.1705526400000" || p.Path != `C:\Temp\odd.exe` || p.Cmdline != `odd.exe "x"` ||
			p.User != `NT AUTHORITY\SYSTEM` ||
			p.PPID != 600 || p.Windows.Integrity != "System" || p.Windows.LogonID != 0x3e7 || p.Windows.Elevation != "default" || p.UID != -1 {
			t.Errorf("process %+v, %+v", *p, *p.Windows)
		}
	}
	want := []string{
		`900 rwx 20000-22000 rwxp "" 4096 4096`,
		`900 anonymous_executable 30000-31000 r-xp "" 0 0`,
		`900 anonymous_executable 40000-41000 r-xs "" 0 0`,
		`900 modified_code 101000-503000 r-xp "C:\\Windows\\System32\\ntdll.dll" 16384 12288`,
		`900 deleted_executable 700000-701000 r-xp "C:\\Temp\\ghost.dll" 4096 0`,
		`900 deleted_executable 800000-801000 r-xp "" 0 0`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	row := health(t, h, "mappings")
	if row.State != "degraded" || !strings.Contains(row.Reason, "1 processes and 0 threads") ||
		!strings.Contains(row.Reason, "SeDebugPrivilege") ||
		row.Received != 4 || row.Decoded != 2 || row.Lost != 1 {
		t.Errorf("health %+v", row)
	}
	for _, p := range sys.processes {
		if p.open == nil && p.PID > 4 && p.closed == 0 {
			t.Errorf("process %d is left open", p.PID)
		}
	}

	sys.privileged = true
	n := 0
	for m := range h.Mappings(t.Context(), winproc.Query{PIDs: []int64{900, 900, 55}}, false) {
		if m.Resident != -1 || m.Private != -1 {
			t.Errorf("pages were not asked for: %+v", m)
		}
		n++
	}
	if row := health(t, h, "mappings"); n != 6 || row.State != "ok" || row.Received != 2 || row.Lost != 0 ||
		!strings.Contains(row.Detail, "vanished=1") {
		t.Errorf("%d mappings of one process, health %+v", n, row)
	}
	for range h.Mappings(t.Context(), winproc.Query{PIDs: []int64{700}}, false) {
		t.Error("a protected process has rows")
	}
	if row := health(t, h, "mappings"); row.State != "ok" || !strings.Contains(row.Reason, "protected") || row.Lost != 1 {
		t.Errorf("health %+v", row)
	}
}

// Unless bytes are asked for, an image is looked at up to its first private page only.
func TestMappingsCountsNoMoreThanAsked(t *testing.T) {
	cost := func(pages bool) int {
		sys := system()
		for range winproc.NewHost(sys, "pc").Mappings(t.Context(), winproc.Query{}, pages) {
		}
		return sys.find(900).pagesAsked
	}
	twice := system()
	twice.processes = append(twice.processes, &fakeProcess{
		Entry: winproc.Entry{PID: 904}, regions: twice.find(900).regions,
		files: twice.find(900).files,
	})
	n := 0
	for m := range winproc.NewHost(twice, "pc").Mappings(t.Context(), winproc.Query{}, false) {
		if m.Kind == winproc.KindDeleted && m.File != "" {
			n++
		}
	}
	if n != 2 || twice.missingAsked != 3 {
		t.Errorf("%d images of a deleted file; %d questions for three files", n, twice.missingAsked)
	}
	if cheap, whole := cost(false), cost(true); cheap != 512+2 || whole < 0x402+cheap {
		t.Errorf("%d pages are asked about, with bytes %d", cheap, whole)
	}
}

func TestScanIsBounded(t *testing.T) {
	sys := system()
	many := make([]winproc.Region, 5000)
	for i := range many {
		base := 0x10000 * uint64(i+1)
		many[i] = winproc.Region{Base: base, Size: 0x1000, AllocationBase: base, Protect: rwx, State: commit, Type: private}
	}
	sys.processes = []*fakeProcess{{Entry: winproc.Entry{PID: 8}, regions: many}, {Entry: winproc.Entry{PID: 12}, regions: many[:1]}}
	h := winproc.NewHost(sys, "pc")
	n := 0
	for range h.Mappings(t.Context(), winproc.Query{}, false) {
		n++
	}
	if row := health(t, h, "mappings"); n != 2001 || row.State != "degraded" || !strings.Contains(row.Reason, "process 8: too many") {
		t.Errorf("%d rows, health %+v", n, row)
	}
	// A consumer that has enough ends the scan, and it is no fault.
	for range h.Mappings(t.Context(), winproc.Query{PIDs: []int64{12}}, false) {
		break
	}
	if row := health(t, h, "mappings"); row.State != "ok" {
		t.Errorf("health %+v", row)
	}
	sys.slow = 5 * time.Millisecond
	for range h.Mappings(t.Context(), winproc.Query{Budget: time.Millisecond}, false) {
	}
	if row := health(t, h, "mappings"); row.State != "degraded" || !strings.Contains(row.Reason, "time allowed") {
		t.Errorf("health %+v", row)
	}
	// Memory that does not advance ends the walk.
	sys.slow = 0
	sys.processes[1].regions = []winproc.Region{{Base: 0, Size: 0, State: commit, Protect: rwx}}
	for range h.Mappings(t.Context(), winproc.Query{PIDs: []int64{12}}, false) {
		t.Error("a region without size is a row")
	}
	sys.failure, sys.processes = errors.New("no list"), nil
	for range h.Mappings(t.Context(), winproc.Query{}, false) {
	}
	if row := health(t, h, "mappings"); row.State != "degraded" || !strings.Contains(row.Reason, "no list") {
		t.Errorf("health %+v", row)
	}
	sys.failure, sys.processes = nil, []*fakeProcess{{Entry: winproc.Entry{PID: 8}, open: errors.ErrUnsupported}}
	for range h.Mappings(t.Context(), winproc.Query{}, false) {
	}
	if row := health(t, h, "mappings"); row.State != "degraded" || !strings.Contains(row.Reason, "lacks the call") {
		t.Errorf("health %+v", row)
	}
}

func TestTokens(t *testing.T) {
	sys := system()
	sys.find(900).token = winproc.Token{
		UserSID: "S-1-5-18", IntegritySID: "S-1-16-8208", Type: 1, Level: 2, ElevationType: 3,
		Privileges: []winproc.Privilege{{20, 2}, {23, 3}, {29, 0}, {36, 1}, {2, 6}, {99, 2}},
		Groups:     []winproc.Group{{"S-1-5-32-544", 0x10}, {"S-1-1-0", 7}, {"S-1-5-32-545", 0}, {"S-1-16-8192", 0x60}},
	}
	sys.threads = map[int64]*fakeThread{
		901: {}, 902: {token: &winproc.Token{UserSID: "S-1-5-21-7", Type: 2, Level: 2}}, 903: {err: fs.ErrPermission},
		905: {token: &winproc.Token{UserSID: "S-1-5-7", Type: 2}},
	}
	sys.find(1000).tokenErr = fs.ErrPermission
	h := winproc.NewHost(sys, "pc")
	show := func(rows iter.Seq[winproc.HeldToken]) string {
		var out []string
		for r := range rows {
			out = append(out, fmt.Sprintf("%d/%d %s %q %q %s", r.Process.PID, r.ThreadID, r.Token.TypeText(), r.Token.LevelText(), r.User,
				r.Token.UserSID))
		}
		return strings.Join(out, "\n")
	}
	got := show(h.Tokens(t.Context(), winproc.Query{}, true))
	want := `4/0 primary "" "NT AUTHORITY\\SYSTEM" S-1-5-18
900/0 primary "" "NT AUTHORITY\\SYSTEM" S-1-5-18
900/902 impersonation "impersonation" "" S-1-5-21-7
900/905 impersonation "anonymous" "" S-1-5-7`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if row := health(t, h, "tokens"); row.State != "degraded" || !strings.Contains(row.Reason, "2 processes and 1 threads") ||
		row.Received != 5 || row.Decoded != 2 {
		t.Errorf("health %+v", row)
	}
	for id, th := range sys.threads {
		if th.err == nil && th.closed != 1 {
			t.Errorf("thread %d was closed %d times", id, th.closed)
		}
	}
	if got := show(h.Tokens(t.Context(), winproc.Query{PIDs: []int64{900}}, false)); strings.Count(got, "\n") != 0 || got == "" {
		t.Errorf("without threads:\n%s", got)
	}
	token := sys.find(900).token
	for name, c := range map[string][2]string{
		"enabled":   {token.EnabledPrivileges(), "0x63 SeChangeNotifyPrivilege SeDebugPrivilege"},
		"disabled":  {token.DisabledPrivileges(), "SeDelegateSessionUserImpersonatePrivilege SeImpersonatePrivilege"},
		"adjusted":  {token.AdjustedPrivileges(), "0x63 SeDebugPrivilege"},
		"groups":    {token.EnabledGroups(), "S-1-1-0"},
		"deny":      {token.DenyGroups(), "S-1-5-32-544"},
		"integrity": {token.Integrity(), "S-1-16-8208"},
		"elevation": {token.Elevation(), "limited"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is %q, want %q", name, c[0], c[1])
		}
	}
	for level, want := range []string{"anonymous", "identification", "impersonation", "delegation", ""} {
		if got := (&winproc.Token{Type: 2, Level: uint32(level)}).LevelText(); got != want {
			t.Errorf("level %d is %q", level, got)
		}
	}
}

func TestThreadStarts(t *testing.T) {
	sys := system()
	odd := sys.find(900)
	// Code at 0x30100 that ends with call rax, and a stack whose third word returns behind it.
	code := make([]byte, 0x1000)
	copy(code[0x100:], []byte{0x48, 0x83, 0xec, 0x28, 0xff, 0xd0, 0x90})
	stack := make([]byte, 0x4000)
	word := func(at int, v uint64) { binary.LittleEndian.PutUint64(stack[at:], v) }
	word(0x800, 0x30106)  // below the stack pointer: stale
	word(0x1008, 0x30107) // into the code, but behind no call
	word(0x1010, 0x30106)
	word(0x3ff8, 0x30106)
	word(0x1018, 0x101106) // into a module
	odd.memory = map[uint64][]byte{0x30000: code, 0x900000: stack}
	sys.threads = map[int64]*fakeThread{
		901: {start: 0x102010, stack: winproc.Stack{PC: 0x101000, SP: 0x901004}},
		902: {start: 0x30100, stack: winproc.Stack{PC: 0x20001, SP: 0x903000}},
		903: {start: 0x50000},
		904: {start: 0x990000000},
		905: {err: fs.ErrPermission},
	}
	h := winproc.NewHost(sys, "pc")
	show := func(pids []int64, frames bool) (out []string) {
		for r := range h.ThreadStarts(t.Context(), winproc.Query{PIDs: pids}, frames) {
			out = append(out, fmt.Sprintf("%d %d %x %q %q %s %v %d %d %x", r.ThreadID, r.CreatedNS, r.Start, r.Module, r.File, r.Region.TypeText(),
				r.Unbacked(),
				r.Private, r.UnbackedFrames, r.FirstFrame))
		}
		return out
	}
	want := []string{
		`901 1705526401000000000 102010 "C:\\Windows\\System32\\ntdll.dll" "" image false 1 2 30106`,
		`902 0 30100 "" "" private true -1 2 20001`,
		`903 0 50000 "" "C:\\data.bin" mapped true -1 -1 0`,
		`904 0 990000000 "" "" free true -1 -1 0`,
	}
	if got := show([]int64{900}, true); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if row := health(t, h, "threads"); row.State != "degraded" || !strings.Contains(row.Reason, "0 processes and 1 threads") {
		t.Errorf("health %+v", row)
	}
	for _, line := range show([]int64{900}, false) {
		if !strings.HasSuffix(line, " -1 0") {
			t.Errorf("frames were not asked for: %s", line)
		}
	}
	odd.wow64 = true
	for _, line := range show([]int64{900}, true) {
		if !strings.HasSuffix(line, " -1 0") {
			t.Errorf("the stack of a 32-bit program is read: %s", line)
		}
	}
	// Where there is no code without a file nobody looks at stacks.
	odd.wow64, odd.regions, odd.memory = false, odd.regions[7:9], nil
	if got := show([]int64{900}, true); !strings.HasSuffix(got[0], " 1 0 0") {
		t.Errorf("%s", got[0])
	}
}

func TestSnapshot(t *testing.T) {
	h := winproc.NewHost(system(), "pc")
	if p, ok := h.Snapshot(700); !ok || p.Path != `C:\Windows\System32\lsass.exe` || p.User != "" {
		t.Errorf("a process that cannot be opened: %v %+v", ok, p)
	}
	if p, ok := h.Snapshot(1000); !ok || p.Path != "plain.exe" || p.Windows.UserSID != "S-1-5-21-1" {
		t.Errorf("a process without an image: %v %+v", ok, p)
	}
	if _, ok := h.Snapshot(12345); ok {
		t.Error("a process that is not there has a snapshot")
	}
}

func TestRunning(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 3, 2, 9, 0, s, 0, time.UTC) }
	ticks := func(s int) int64 { return at(s).UnixNano()/100 + 116444736000000000 }
	sys := &fake{processes: []*fakeProcess{
		{Entry: winproc.Entry{PID: 30, PPID: 20, Name: "child.exe", Created: ticks(30)}, image: `C:\child.exe`, cmdline: "child -x"},
		{Entry: winproc.Entry{PID: 20, PPID: 10, Name: "shell.exe", Created: ticks(20)}, image: `C:\shell.exe`, open: fs.ErrPermission},
		{Entry: winproc.Entry{PID: 10, PPID: 4, Name: "late.exe", Created: ticks(40)}, image: `C:\late.exe`}, // the number was somebody else's
	}}
	computer, got := winproc.NewHost(sys, "host1").Running()
	if computer != "host1" {
		t.Errorf("the processes are of %q", computer)
	}
	var lines []string
	for _, p := range got {
		lines = append(lines, fmt.Sprintf("%s %s %q parent %q", p.Key, p.Path, p.Cmdline, p.ParentPath()))
	}
	want := []string{
		fmt.Sprintf(`host1.20.%d C:\shell.exe "" parent ""`, at(20).UnixMilli()),
		fmt.Sprintf(`host1.30.%d C:\child.exe "child -x" parent "C:\\shell.exe"`, at(30).UnixMilli()),
		fmt.Sprintf(`host1.10.%d C:\late.exe "" parent ""`, at(40).UnixMilli()),
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	for _, p := range sys.processes {
		if p.open == nil && p.closed != 1 {
			t.Errorf("%s was closed %d times", p.Name, p.closed)
		}
	}
}
