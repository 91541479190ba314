package main

import (
	"bytes"
	"encoding/binary"
)

// forwarder gives a library for Windows on amd64 without any code, whose only export is another library's function. The
// layout is that of Microsoft's "PE Format".
func forwarder(library, export, target string) []byte {
	const (
		base, alignment     = 0x180000000, 0x1000
		section, sectionEnd = 0x1000, 0x2000 // addresses relative to base
		headers             = 0x200          // bytes of the file before the section
	)
	le := binary.LittleEndian
	put := func(b *bytes.Buffer, values ...any) {
		for _, v := range values {
			_ = binary.Write(b, le, v) // a buffer takes everything
		}
	}

	const directory = 40 // bytes of the export directory; functions, names and ordinals of one entry each follow
	functions := uint32(section + directory)
	names, ordinals, texts := functions+4, functions+8, functions+10
	exportAt := texts + uint32(len(library)) + 1
	targetAt := exportAt + uint32(len(export)) + 1
	var data bytes.Buffer
	put(&data, uint32(0), uint32(0), uint32(0), texts, uint32(1), uint32(1), uint32(1), functions, names, ordinals)
	put(&data, targetAt, exportAt, uint16(0))
	data.WriteString(library + "\x00" + export + "\x00" + target + "\x00")
	size := uint32(data.Len())

	var head bytes.Buffer
	head.WriteString("PE\x00\x00")
	put(&head, uint16(0x8664), uint16(1), [3]uint32{}, uint16(240), uint16(0x2022)) // amd64, one section, a DLL for large addresses
	put(&head, uint16(0x20b), uint16(0), uint32(0), uint32(headers), [2]uint32{}, uint32(section))
	put(&head, uint64(base), uint32(alignment), uint32(headers), [2]uint16{6, 0}, uint32(0), [2]uint16{6, 0}, uint32(0))
	put(&head, uint32(sectionEnd), uint32(headers), uint32(0), [2]uint16{2, 0x100})
	put(&head, [4]uint64{1 << 20, 1 << 12, 1 << 20, 1 << 12}, uint32(0), uint32(16))
	put(&head, uint32(section), size, [15]uint64{}) // the export directory is the first of 16
	head.WriteString(".edata\x00\x00")
	put(&head, size, uint32(section), uint32(headers), uint32(headers), [3]uint32{}, uint32(0x40000040)) // initialized data, readable

	out := make([]byte, 2*headers)
	copy(out, "MZ")
	le.PutUint32(out[0x3c:], 0x40)
	copy(out[0x40:], head.Bytes())
	copy(out[headers:], data.Bytes())
	return out
}
