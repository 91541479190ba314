package code

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

func TestDifferences(t *testing.T) {
	file := bytes.Repeat([]byte{0x90}, 4096)
	live := bytes.Clone(file)
	for _, at := range []int{0, 1, 6, 12, 2000, 4095} {
		live[at] = 0xcc
	}
	none := func(int) bool { return false }
	var got []string
	found, first, relocated := differences(live, file, none)
	for _, d := range found {
		got = append(got, fmt.Sprintf("%d %x %x", d.at, d.live, d.file))
	}
	want := []string{
		"0 cccc 9090", "6 cc 90", "12 cc 90", "2000 cc 90", "4095 cc 90",
	}
	if !slices.Equal(got, want) || first != -1 || relocated != 0 {
		t.Errorf("%q, want %q; %d %d", got, want, first, relocated)
	}
	found, first, relocated = differences(live, file, func(i int) bool { return i >= 6 })
	if len(found) != 1 || first != 6 || relocated != 4 {
		t.Errorf("%+v, %d of them at %d", found, relocated, first)
	}
	live[3], live[8] = 0xe9, 0xe9 // few equal bytes between
	if found, _, _ := differences(live, file, none); len(found) != 3 || len(found[0].live) != 13 {
		t.Errorf("%+v", found)
	}
	if found, _, _ := differences(nil, nil, none); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestBreakpoint(t *testing.T) {
	for _, c := range []struct {
		machine elf.Machine
		live    []byte
		want    bool
	}{
		{elf.EM_X86_64, []byte{0xcc}, true},
		{elf.EM_386, []byte{0xcc}, true},
		{elf.EM_X86_64, []byte{0xcc, 0xcc}, false},
		{elf.EM_X86_64, []byte{0xe9}, false},
		{elf.EM_AARCH64, []byte{0x00, 0x00, 0x20, 0xd4}, true},
		{elf.EM_AARCH64, []byte{0xcc}, false},
		{0, []byte{0xcc}, false},
	} {
		if got := breakpoint(c.machine, &difference{live: c.live}); got != c.want {
			t.Errorf("%v %x: %v", c.machine, c.live, got)
		}
	}
}

// library makes an ELF file with code at 0x1000, which address 0x401000 maps, a dynamic section, and one relocation in code and one
// outside.
func library(textrel bool) []byte {
	b := make([]byte, 0x3000)
	le := binary.LittleEndian
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], 3)  // ET_DYN
	le.PutUint16(b[18:], 62) // EM_X86_64
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[32:], 64) // program headers
	le.PutUint16(b[52:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 3)
	le.PutUint16(b[58:], 64)
	header := func(i int, typ, flags uint32, offset, address, size uint64) {
		p := b[64+56*i:]
		le.PutUint32(p, typ)
		le.PutUint32(p[4:], flags)
		for j, v := range []uint64{offset, address, address, size, size, 0x1000} {
			le.PutUint64(p[8+8*j:], v)
		}
	}
	header(0, 1, 5, 0x1000, 0x401000, 0x1000) // PT_LOAD, r-x
	header(1, 1, 6, 0x2000, 0x402000, 0x1000) // PT_LOAD, rw-
	dynamic := []uint64{7, 0x402800, 8, 48, 9, 24, 0, 0}
	if textrel {
		dynamic = slices.Insert(dynamic, 0, 22, 0)
	}
	header(2, 2, 6, 0x2000, 0x402000, uint64(8*len(dynamic))) // PT_DYNAMIC
	for i, v := range dynamic {
		le.PutUint64(b[0x2000+8*i:], v)
	}
	le.PutUint64(b[0x2800:], 0x401234) // in code
	le.PutUint64(b[0x2818:], 0x402100) // in data
	return b
}

func TestRelocations(t *testing.T) {
	o := newObject(bytes.NewReader(library(true)))
	for offset, want := range map[uint64]bool{0x1233: false, 0x1234: true, 0x123b: true, 0x123c: false, 0x2100: false} {
		if got := o.filledIn(offset); got != want {
			t.Errorf("%#x: %v", offset, got)
		}
	}
	if o.machine != elf.EM_X86_64 || o.symbol(0x1234) != "" {
		t.Errorf("%+v", o)
	}
	if o := newObject(bytes.NewReader(library(false))); o.filledIn(0x1234) {
		t.Error("a file without text relocations hides a patch")
	}
	if o := newObject(bytes.NewReader([]byte("#!/bin/sh\n"))); o.filledIn(0) || o.symbol(0) != "" {
		t.Error("a script has places to fill in")
	}
}

func TestZeroFilled(t *testing.T) {
	b := []byte("xxxx")
	if err := zeroFilled(bytes.NewReader([]byte("abc")), b, 2); err != nil || string(b) != "c\x00\x00\x00" {
		t.Errorf("%q, %v", b, err)
	}
}

// FuzzObject: the file is whoever's code it is.
func FuzzObject(f *testing.F) {
	f.Add(library(true))
	if self, err := os.Executable(); err == nil {
		if b, err := os.ReadFile(self); err == nil {
			f.Add(b[:min(len(b), 8<<10)])
		}
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		o := newObject(bytes.NewReader(b))
		for offset := uint64(0); offset < uint64(len(b)); offset += 97 {
			_ = o.filledIn(offset)
			_ = o.symbol(offset)
		}
		if !slices.IsSortedFunc(o.places, func(a, b span) int { return cmp.Compare(a.from, b.from) }) {
			t.Errorf("places %v", o.places)
		}
	})
}
