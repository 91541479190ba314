package etw

import (
	"bytes"
	"strings"
	"testing"
)

// TestTrace writes stacks from the first frame of the process on.
func TestTrace(t *testing.T) {
	var asked []uint32
	m := modules{left: 1, ask: func(pid uint32) []Module {
		asked = append(asked, pid)
		return []Module{{0x10000, 0x1000, "b.dll"}, {0x5000, 0x1000, "a.dll"}, {0xffffffffffffff00, 0x1000, "wraps"}, {0x1, 0, "empty"}}
	}}
	stack := addresses(0xfffff80000001000, 0x5000, 0x5fff, 0x6000, 0x10010, 0, 0x4fff)[8:]
	want := "a.dll+0|a.dll+fff|UNKNOWN(0000000000006000)|b.dll+10|UNKNOWN(0000000000004FFF)"
	if got := m.trace(1, stack, 8); got != want {
		t.Errorf("got %s", got)
	}
	if got := m.trace(2, stack, 8); strings.Contains(got, "dll") || len(asked) != 1 {
		t.Errorf("more processes asked than one round may: %v", asked)
	}
	m.left = 5
	m.started(1)
	m.load(1, Module{0x5000, 0x100, "new.dll"})
	if got := m.trace(1, stack, 8); !strings.HasPrefix(got, "new.dll+0|UNKNOWN(0000000000005FFF)") || len(asked) != 1 {
		t.Errorf("another process of the number has %s", got)
	}
	if got := m.trace(3, []byte{0, 0x50, 0, 0, 0x10, 0, 1, 0, 7}, 4); got != "a.dll+0|b.dll+10" {
		t.Errorf("of 32 bits: %s", got)
	}
	if n := strings.Count(m.trace(1, bytes.Repeat([]byte{1}, 8*200), 8), "|"); n != maxFrames-1 {
		t.Errorf("%d frames", n+1)
	}
	m.ended(1)
	if m.of[1] != nil {
		t.Error("kept after its end")
	}
}

func TestDevices(t *testing.T) {
	d := devices{{`\Device\HarddiskVolume3`, "C:"}, {`\Device\HarddiskVolume33`, "D:"}}
	for in, want := range map[string]string{
		`\Device\HarddiskVolume3\a`: `C:\a`, `\device\HARDDISKVOLUME3\a`: `\device\HARDDISKVOLUME3\a`, `\Device\HARDDISKVOLUME33\a`: `D:\a`,
		`\Device\HarddiskVolume4\a`: `\Device\HarddiskVolume4\a`, `\Device\Mup\srv\share\x`: `\\srv\share\x`,
		`\Device\HarddiskVolume3`: `\Device\HarddiskVolume3`,
		`C:\a`:                    `C:\a`, "": "",
	} {
		if got := d.path(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
