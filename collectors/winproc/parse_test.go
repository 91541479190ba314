package winproc_test

import (
	"encoding/binary"
	"reflect"
	"testing"
	"unicode/utf16"

	"github.com/apiwatch/apiwatch/collectors/winproc"
)

func TestProtection(t *testing.T) {
	const (
		committed           = 0x1000
		private, mapped     = 0x20000, 0x40000
		image               = 0x1000000
		guard, writeCombine = 0x100, 0x400
	)
	for _, c := range []struct {
		protect, kind     uint32
		permissions, name string
	}{
		{0x40, private, "rwxp", "PAGE_EXECUTE_READWRITE"},
		{0x40, mapped, "rwxs", "PAGE_EXECUTE_READWRITE"},
		{0x80, mapped, "rwxp", "PAGE_EXECUTE_WRITECOPY"},
		{0x80, image, "rwxp", "PAGE_EXECUTE_WRITECOPY"},
		{0x20, image, "r-xp", "PAGE_EXECUTE_READ"},
		{0x10, mapped, "--xs", "PAGE_EXECUTE"},
		{0x04, private, "rw-p", "PAGE_READWRITE"},
		{0x02, mapped, "r--s", "PAGE_READONLY"},
		{0x01, private, "---p", "PAGE_NOACCESS"},
		{0x40 | guard, private, "---p", "PAGE_EXECUTE_READWRITE|PAGE_GUARD"},
		{0x04 | writeCombine | 0x40000000, private, "rw-p", "PAGE_READWRITE|PAGE_WRITECOMBINE|0x40000000"},
		{0, private, "---p", ""},
	} {
		r := winproc.Region{Protect: c.protect, Type: c.kind, State: committed}
		if got := r.Permissions(); got != c.permissions {
			t.Errorf("protection %#x of %#x is %s, want %s", c.protect, c.kind, got, c.permissions)
		}
		if got := winproc.ProtectionText(c.protect); got != c.name {
			t.Errorf("protection %#x reads %s, want %s", c.protect, got, c.name)
		}
	}
	for r, want := range map[winproc.Region]string{
		{State: committed, Type: image}: "image", {State: committed, Type: mapped}: "mapped", {State: committed, Type: private}: "private",
		{State: 0x10000}: "free", {State: 0x2000, Type: private}: "free",
	} {
		if got := r.TypeText(); got != want {
			t.Errorf("%+v is %s, want %s", r, got, want)
		}
	}
}

func TestSIDText(t *testing.T) {
	sid := func(subs ...uint32) []byte {
		b := []byte{1, byte(len(subs)), 0, 0, 0, 0, 0, 5}
		for _, s := range subs {
			b = binary.LittleEndian.AppendUint32(b, s)
		}
		return b
	}
	long := sid(21, 0xffffffff, 2, 3, 1001)
	for want, b := range map[string][]byte{
		"S-1-5-18":                     sid(18),
		"S-1-5-21-4294967295-2-3-1001": long,
		"S-1-5":                        sid(),
		"S-1-16-12288":                 {1, 1, 0, 0, 0, 0, 0, 16, 0, 0x30, 0, 0},
		"S-1-0x0123456789ab-7":         {1, 1, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 7, 0, 0, 0},
		"S-1-4294967295-0":             {1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
	} {
		if got := winproc.SIDText(b); got != want {
			t.Errorf("%x reads %q, want %q", b, got, want)
		}
	}
	for _, b := range [][]byte{nil, long[:len(long)-1], {2, 0, 0, 0, 0, 0, 0, 5}, append([]byte{1, 16}, make([]byte, 80)...)} {
		if got := winproc.SIDText(b); got != "" {
			t.Errorf("%x reads %q, which it is not", b, got)
		}
	}
	if got := winproc.SIDText(append(sid(18), 9, 9)); got != "S-1-5-18" {
		t.Errorf("what follows it is read, too: %q", got)
	}
}

func TestDrivePath(t *testing.T) {
	drives := new(fake).Drives()
	for path, want := range map[string]string{
		``:             ``,
		`Registry`:     `Registry`,
		`\??\C:\x.exe`: `C:\x.exe`,

		`\Device\HarddiskVolume3`:               `C:`,
		`\device\harddiskvolume30\x`:            `D:\x`,
		`\Device\HarddiskVolume31\x`:            `\Device\HarddiskVolume31\x`,
		`\Device\HarddiskVolume3\Windows\x.dll`: `C:\Windows\x.dll`,

		`\Device\Mup\server\share\x.exe`:                             `\\server\share\x.exe`,
		`\Device\Mup\;Z:000000000001\server\share\x`:                 `\\server\share\x`,
		`\Device\Mup\;LanmanRedirector\;Z:000000000001\server\share`: `\\server\share`,
	} {
		if got := winproc.DrivePath(path, drives); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestUnixNS(t *testing.T) {
	for filetime, want := range map[int64]int64{
		0: 0, -1: 0, 116444736000000000: 0, 116444736000000001: 100, 133500000000000000: 1705526400000000000, 1<<63 - 1: 0,
	} {
		if got := winproc.UnixNS(filetime); got != want {
			t.Errorf("%d is %d, want %d", filetime, got, want)
		}
	}
}

// list writes what NtQuerySystemInformation does.
func list(base uint64, entries ...winproc.Entry) []byte {
	var out []byte
	for i, e := range entries {
		b := make([]byte, 0x100)
		put := func(at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }
		binary.LittleEndian.PutUint32(b[4:], uint32(len(e.Threads)))
		put(0x20, uint64(e.Created))
		put(0x50, uint64(e.PID))
		put(0x58, uint64(e.PPID))
		binary.LittleEndian.PutUint32(b[0x64:], uint32(e.Session))
		for _, th := range e.Threads {
			t := make([]byte, 0x50)
			binary.LittleEndian.PutUint64(t[0x10:], uint64(th.Created))
			binary.LittleEndian.PutUint64(t[0x28:], uint64(e.PID))
			binary.LittleEndian.PutUint64(t[0x30:], uint64(th.ID))
			b = append(b, t...)
		}
		name := utf16.Encode([]rune(e.Name))
		binary.LittleEndian.PutUint16(b[0x38:], uint16(2*len(name)))
		if len(name) > 0 {
			put(0x40, base+uint64(len(out)+len(b)))
		}
		for _, u := range name {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
		if i < len(entries)-1 {
			binary.LittleEndian.PutUint32(b, uint32(len(b)))
		}
		out = append(out, b...)
	}
	return out
}

func TestParseProcesses(t *testing.T) {
	const base = 0x1c0_0000_0000
	want := []winproc.Entry{
		{Threads: []winproc.ThreadEntry{{}}},
		{PID: 4, Name: "System", Created: 7, Threads: []winproc.ThreadEntry{{ID: 8, Created: 9}, {ID: 12, Created: 10}}},
		{PID: 4242, PPID: 900, Name: "naïve💥.exe", Session: 3, Created: 133500000000000000, Threads: []winproc.ThreadEntry{}},
	}
	b := list(base, want...)
	got, err := winproc.ParseProcesses(b, base)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v\n%+v, want\n%+v", err, got, want)
	}
	for n := range len(b) - 8 { // the last name may be cut, all before is needed
		got, err := winproc.ParseProcesses(b[:n], base)
		if len(got) > len(want) || err == nil && n < 0x100+len(b)/2 {
			t.Fatalf("of %d bytes: %d processes, %v", n, len(got), err)
		}
	}
	if got, err := winproc.ParseProcesses(b, base+1<<40); err != nil || got[1].Name != "" {
		t.Errorf("a name outside the list is read: %v %v", got, err)
	}
	loop := list(base, want[1], want[2])
	binary.LittleEndian.PutUint32(loop, 8)
	if got, err := winproc.ParseProcesses(loop, base); err == nil || len(got) > 2 {
		t.Errorf("an entry that overlaps the one before is taken: %d, %v", len(got), err)
	}
	many := list(base, want[2])
	binary.LittleEndian.PutUint32(many[4:], 0xffffffff)
	if _, err := winproc.ParseProcesses(many, base); err == nil {
		t.Error("more threads than the list holds are taken")
	}
}

func TestAfterCall(t *testing.T) {
	for code, want := range map[[8]byte]bool{
		{0, 0, 0, 0xe8, 1, 2, 3, 4}:             true,  // call rel32
		{0, 0, 0, 0, 0, 0, 0xff, 0xd0}:          true,  // call rax
		{0, 0, 0, 0, 0, 0x41, 0xff, 0xd3}:       true,  // call r11
		{0, 0, 0xff, 0x15, 1, 2, 3, 4}:          true,  // call [rip+disp32]
		{0, 0, 0, 0, 0, 0, 0xff, 0x10}:          true,  // call [rax]
		{0, 0, 0, 0, 0, 0xff, 0x50, 8}:          true,  // call [rax+8]
		{0, 0, 0, 0, 0, 0xff, 0x14, 0xc1}:       true,  // call [rcx+rax*8]
		{0, 0, 0, 0, 0xff, 0x54, 0x24, 8}:       true,  // call [rsp+8]
		{0, 0xff, 0x94, 0x24, 1, 2, 3, 4}:       true,  // call [rsp+disp32]
		{0, 0xff, 0x14, 0x25, 1, 2, 3, 4}:       true,  // call [disp32]
		{0, 0, 0, 0, 0, 0, 0xff, 0xe0}:          false, // jmp rax
		{0, 0, 0, 0, 0, 0, 0xff, 0x50}:          false, // call with its displacement cut off
		{0, 0, 0, 0, 0, 0, 0xff, 0x15}:          false,
		{0, 0, 0, 0, 0, 0, 0, 0}:                false,
		{0xe8, 0, 0, 0, 0, 0, 0, 0}:             false,
		{0x48, 0x83, 0xec, 0x28, 0xc3, 0x90, 0}: false,
	} {
		if got := winproc.AfterCall(code); got != want {
			t.Errorf("% x: %v, want %v", code, got, want)
		}
	}
}
