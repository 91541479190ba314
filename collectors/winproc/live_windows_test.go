package winproc_test

import (
	"encoding/binary"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/apiwatch/apiwatch/collectors/winproc"
)

// These run on Windows, or on what stands in for it. Of what the latter lacks nothing is asked.

func live(t *testing.T) (*winproc.Host, winproc.Query) {
	t.Helper()
	return winproc.NewHost(winproc.Open(), "pc"), winproc.Query{PIDs: []int64{int64(os.Getpid())}, Budget: 10 * time.Second}
}

// code takes executable memory of no file, with instructions in it.
func code(t *testing.T, protect uint32, instructions ...byte) uintptr {
	t.Helper()
	at, err := windows.VirtualAlloc(0, 0x10000, windows.MEM_COMMIT|windows.MEM_RESERVE, windows.PAGE_READWRITE)
	if err != nil {
		t.Fatal(err)
	}
	var n uintptr
	if len(instructions) > 0 {
		if err := windows.WriteProcessMemory(windows.CurrentProcess(), at, &instructions[0], uintptr(len(instructions)), &n); err != nil {
			t.Fatal(err)
		}
	}
	var old uint32
	if err := windows.VirtualProtect(at, 0x10000, protect, &old); err != nil {
		t.Fatal(err)
	}
	return at
}

func TestLiveMappings(t *testing.T) {
	h, own := live(t)
	writable, executable := code(t, windows.PAGE_EXECUTE_READWRITE), code(t, windows.PAGE_EXECUTE_READ)
	kinds := make(map[uint64]winproc.Mapping)
	for m := range h.Mappings(t.Context(), own, true) {
		kinds[m.Region.Base] = m
	}
	m := kinds[uint64(writable)]
	if m.Kind != winproc.KindRWX || m.Region.Permissions() != "rwxp" || m.Region.Size != 0x10000 || m.Region.TypeText() != "private" ||
		m.File != "" {
		t.Errorf("writable code: %+v", m)
	}
	if !strings.HasSuffix(m.Process.Path, ".exe") || strings.HasPrefix(m.Process.Path, `\Device`) || m.Process.StartNS == 0 ||
		m.Process.User == "" {
		t.Errorf("process %+v", m.Process)
	}
	if m := kinds[uint64(executable)]; m.Kind != winproc.KindAnonymous || m.Region.Permissions() != "r-xp" ||
		winproc.ProtectionText(m.Region.InitialProtect) != "PAGE_READWRITE" {
		t.Errorf("code of no file: %+v", m)
	}
	if row := h.Health()[0]; row.State != "ok" || row.Decoded != 1 {
		t.Errorf("health %+v", row)
	}
}

func TestLiveTokens(t *testing.T) {
	h, own := live(t)
	runtime.LockOSThread() // and never unlocked: the thread ends with its goroutine
	if err := windows.ImpersonateSelf(windows.SecurityImpersonation); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := windows.RevertToSelf(); err != nil {
			t.Error(err)
		}
	}()
	var tokens []winproc.HeldToken
	for r := range h.Tokens(t.Context(), own, true) {
		tokens = append(tokens, r)
	}
	if len(tokens) < 2 {
		t.Fatalf("%d tokens, want the process's and this thread's; health %+v", len(tokens), h.Health())
	}
	p := &tokens[0]
	if p.ThreadID != 0 || p.Token.TypeText() != "primary" || !strings.HasPrefix(p.Token.UserSID, "S-1-5-") || p.User == "" ||
		p.Token.Integrity() == "" || !strings.Contains(p.Token.EnabledPrivileges(), "SeChangeNotifyPrivilege") || p.Token.EnabledGroups() == "" {
		t.Errorf("own token: %+v", p)
	}
	i := slices.IndexFunc(tokens, func(r winproc.HeldToken) bool { return r.ThreadID == int64(windows.GetCurrentThreadId()) })
	if i < 0 || tokens[i].Token.LevelText() != "impersonation" || tokens[i].Token.UserSID != p.Token.UserSID {
		t.Errorf("the impersonating thread: %+v", tokens)
	}
}

func TestLiveThreadStarts(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("not run: the thread is of x86-64 instructions")
	}
	h, own := live(t)
	sleep := windows.NewLazySystemDLL("kernel32.dll").NewProc("Sleep")
	// sub rsp, 0x28; mov ecx, 60000; mov rax, Sleep; call rax; add rsp, 0x28; xor eax, eax; ret
	routine := append([]byte{0x48, 0x83, 0xec, 0x28, 0xb9, 0x60, 0xea, 0, 0, 0x48, 0xb8}, binary.LittleEndian.AppendUint64(nil,
		uint64(sleep.Addr()))...)
	routine = append(routine, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x28, 0x31, 0xc0, 0xc3)
	at := code(t, windows.PAGE_EXECUTE_READ, routine...)
	create := windows.NewLazySystemDLL("kernel32.dll").NewProc("CreateThread")
	var id uint32
	handle, _, err := create.Call(0, 0, at, 0, 0, uintptr(unsafe.Pointer(&id)))
	if handle == 0 {
		t.Fatal(err)
	}
	defer func() { _ = windows.CloseHandle(windows.Handle(handle)) }()
	const returns = 21 // behind the call
	var odd *winproc.ThreadStart
	for range 100 { // until it sleeps
		for r := range h.ThreadStarts(t.Context(), own, true) {
			switch {
			case r.ThreadID == int64(id):
				odd = &r
			case r.Unbacked() || !strings.HasSuffix(strings.ToLower(r.Module), ".exe") && !strings.HasSuffix(strings.ToLower(r.Module), ".dll"):
				t.Errorf("a thread of this program: %+v", r)
			}
		}
		if odd != nil && odd.UnbackedFrames > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if odd == nil {
		t.Fatalf("the thread is not seen; health %+v", h.Health())
	}
	if !odd.Unbacked() || odd.Start != uint64(at) || odd.Region.TypeText() != "private" || odd.Region.Permissions() != "r-xp" {
		t.Errorf("thread %+v", odd)
	}
	if odd.UnbackedFrames < 1 || odd.FirstFrame != uint64(at)+returns {
		t.Errorf("%d unbacked frames, the first at %#x, want %#x", odd.UnbackedFrames, odd.FirstFrame, uint64(at)+returns)
	}
}
