package code

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sort"
)

// What is read of a file that may be anybody's is bounded, in bytes.
const (
	maxSymbols     = 64 << 20
	maxRelocations = 32 << 20
	maxDynamic     = 64 << 10
	maxSegments    = 512
)

// object is what an ELF file says of its code. Of another file it says nothing.
type object struct {
	machine elf.Machine
	loads   []elf.ProgHeader
	places  []span // in the file, ascending, which the loader fills in
	symbols []symbol
	named   bool // symbols are read
	file    *elf.File
	source  opened
}

// opened is a file that may be opened again.
type opened struct{ io.ReaderAt }

// span is a run of bytes.
type span struct{ from, to uint64 }

type symbol struct {
	value, size uint64
	name        string
}

// newObject reads a file. A file that is no ELF, or one that is made to mislead, gives less.
func newObject(f io.ReaderAt) (o *object) {
	o = &object{source: opened{f}}
	defer func() { // debug/elf does not promise to bear any file
		if recover() != nil {
			o = new(object)
		}
	}()
	file, err := elf.NewFile(&o.source)
	if err != nil || len(file.Progs) > maxSegments {
		return o
	}
	o.file, o.machine = file, file.Machine
	var dynamic *elf.Prog
	for _, p := range file.Progs {
		switch p.Type {
		case elf.PT_LOAD:
			o.loads = append(o.loads, p.ProgHeader)
		case elf.PT_DYNAMIC:
			dynamic = p
		default:
		}
	}
	if dynamic != nil {
		o.places = o.relocations(f, dynamic)
	}
	return o
}

// relocations gives the places in code that relocations change: those of a file that says that it has such (DT_TEXTREL).
func (o *object) relocations(f io.ReaderAt, dynamic *elf.Prog) []span {
	order, wide := binary.ByteOrder(o.file.ByteOrder), o.file.Class == elf.ELFCLASS64
	word := func(b []byte) uint64 {
		if wide {
			return order.Uint64(b)
		}
		return uint64(order.Uint32(b))
	}
	size := 4
	if wide {
		size = 8
	}
	b := make([]byte, min(dynamic.Filesz, maxDynamic))
	n, _ := f.ReadAt(b, int64(dynamic.Off))
	tags := make(map[elf.DynTag]uint64)
	for b = b[:n]; len(b) >= 2*size; b = b[2*size:] {
		tag := elf.DynTag(word(b))
		if tag == elf.DT_NULL {
			break
		}
		if _, ok := tags[tag]; !ok {
			tags[tag] = word(b[size:])
		}
	}
	if _, ok := tags[elf.DT_TEXTREL]; !ok && tags[elf.DT_FLAGS]&uint64(elf.DF_TEXTREL) == 0 {
		return nil
	}
	var out []span
	for _, table := range []struct {
		at, bytes elf.DynTag
		words     int
	}{{elf.DT_RELA, elf.DT_RELASZ, 3}, {elf.DT_REL, elf.DT_RELSZ, 2}} {
		at, ok := o.offset(tags[table.at])
		if !ok || tags[table.bytes] == 0 {
			continue
		}
		b := make([]byte, min(tags[table.bytes], maxRelocations))
		n, _ := f.ReadAt(b, int64(at))
		entry := table.words * size
		for b = b[:n]; len(b) >= entry; b = b[entry:] {
			if place, ok := o.offset(word(b)); ok && o.executable(place) {
				out = append(out, span{place, place + uint64(size)})
			}
		}
	}
	slices.SortFunc(out, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return out
}

// offset gives where an address of the file's own lies in the file.
func (o *object) offset(address uint64) (uint64, bool) {
	for i := range o.loads {
		if p := &o.loads[i]; address >= p.Vaddr && address-p.Vaddr < p.Filesz {
			return address - p.Vaddr + p.Off, true
		}
	}
	return 0, false
}

func (o *object) executable(offset uint64) bool {
	for i := range o.loads {
		if p := &o.loads[i]; p.Flags&elf.PF_X != 0 && offset >= p.Off && offset-p.Off < p.Filesz {
			return true
		}
	}
	return false
}

// filledIn tells whether the loader fills in a byte of the file.
func (o *object) filledIn(offset uint64) bool {
	i := sort.Search(len(o.places), func(i int) bool { return o.places[i].to > offset })
	return i < len(o.places) && o.places[i].from <= offset
}

// symbol names a place in the file: the function that it is in, and how far.
func (o *object) symbol(offset uint64) (name string) {
	if o.file == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			name = ""
		}
	}()
	if !o.named {
		o.named = true
		o.readSymbols()
	}
	address, ok := uint64(0), false
	for i := range o.loads {
		if p := &o.loads[i]; p.Flags&elf.PF_X != 0 && offset >= p.Off && offset-p.Off < p.Filesz {
			address, ok = offset-p.Off+p.Vaddr, true
			break
		}
	}
	if !ok {
		return ""
	}
	i := sort.Search(len(o.symbols), func(i int) bool { return o.symbols[i].value > address }) - 1
	if i < 0 || address-o.symbols[i].value >= max(o.symbols[i].size, 1) {
		return ""
	}
	if s := &o.symbols[i]; address > s.value {
		return fmt.Sprintf("%s+0x%x", s.name, address-s.value)
	}
	return o.symbols[i].name
}

// readSymbols reads the functions of .symtab and .dynsym.
func (o *object) readSymbols() {
	for _, s := range o.file.Sections {
		table := s.Type == elf.SHT_SYMTAB || s.Type == elf.SHT_DYNSYM || s.Type == elf.SHT_STRTAB
		if table && (s.Flags&elf.SHF_COMPRESSED != 0 || s.FileSize > maxSymbols || s.Size > maxSymbols) {
			return
		}
	}
	all, _ := o.file.Symbols()
	dynamic, _ := o.file.DynamicSymbols()
	for _, s := range append(all, dynamic...) {
		if t := elf.ST_TYPE(s.Info); (t == elf.STT_FUNC || t == elf.STT_GNU_IFUNC) && s.Section != elf.SHN_UNDEF && s.Name != "" {
			o.symbols = append(o.symbols, symbol{s.Value, s.Size, s.Name})
		}
	}
	slices.SortStableFunc(o.symbols, func(a, b symbol) int { return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.size, b.size)) })
}
