package bpf

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// narrowProgram is a 32-bit program that calls memfd_create, nanosleep for a second, utimensat of the file "narrow", and exit, by int 0x80.
func narrowProgram() []byte {
	const base, head = 0x08048000, 52 + 32
	var code []byte
	set := func(register byte, value uint32) {
		code = append(code, 0xb8+register)
		code = binary.LittleEndian.AppendUint32(code, value)
	}
	const eax, ecx, edx, ebx, esi = 0, 1, 2, 3, 6
	call := func() { code = append(code, 0xcd, 0x80) }
	const data = base + 0x200
	set(eax, 356)
	set(ebx, data)
	set(ecx, 0)
	call()
	set(eax, 162)
	set(ebx, data+16)
	set(ecx, 0)
	call()
	set(eax, 320)
	set(ebx, 0xffffff9c)
	set(ecx, data)
	set(edx, data+24)
	set(esi, 0)
	call()
	set(eax, 1)
	set(ebx, 0)
	call()
	var b bytes.Buffer
	b.WriteString("\x7fELF\x01\x01\x01" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, v := range []any{
		uint16(2), uint16(3), uint32(1), uint32(base + head), uint32(52), uint32(0), uint32(0), uint16(52), uint16(32), uint16(1), uint16(0),
		uint16(0), uint16(0),
		uint32(1), uint32(0), uint32(base), uint32(base), uint32(0x300), uint32(0x300), uint32(7), uint32(0x1000),
	} {
		_ = binary.Write(&b, binary.LittleEndian, v) // a buffer takes all
	}
	b.Write(code)
	b.Write(make([]byte, 0x300-b.Len()))
	out := b.Bytes()
	copy(out[0x200:], "narrow\x00")
	for i, v := range []uint32{1, 0, 1, 5, 2, 7} { // a second; the times
		binary.LittleEndian.PutUint32(out[0x210+4*i:], v)
	}
	return out
}

// TestLiveNarrowCalls: what a 32-bit program does is told by the same names.
func TestLiveNarrowCalls(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("TestLiveNarrowCalls NOT RUN: its program is for i386")
	}
	s := live(t)
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, narrowProgram(), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Dir = filepath.Dir(program)
	if err := os.WriteFile(filepath.Join(cmd.Dir, "narrow"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Run(); err != nil {
		t.Skipf("TestLiveNarrowCalls NOT RUN: this kernel runs no 32-bit programs: %v", err)
	}
	var k all
	of := func(api string) *collectors.Draft {
		i := slices.IndexFunc(k.drafts, func(d collectors.Draft) bool {
			return d.Actor.PID == int64(cmd.Process.Pid) && d.Event.API.Name == api
		})
		if i < 0 {
			return nil
		}
		return &k.drafts[i]
	}
	if !await(t, s, &k, func() bool { return of("utimensat") != nil }) {
		t.Fatal("its calls are not told")
	}
	if d := of("memfd_create"); d == nil || d.Event.Path != "/memfd:narrow (deleted)" {
		t.Errorf("memfd_create: %+v", d)
	}
	if d := of("nanosleep"); d == nil || d.Event.Arguments() != "seconds=1" {
		t.Errorf("nanosleep: %+v", d)
	}
	d, path := of("utimensat"), filepath.Join(cmd.Dir, "narrow")
	if x, ok := d.Event.Detail.(*event.FileChange); !ok || x.ATimeNS != 1e9+5 || x.MTimeNS != 2e9+7 || d.Event.Path != path {
		t.Errorf("utimensat: %q %+v", d.Event.Path, d.Event.Detail)
	}
}
