// Package layout has the numbers of an .evtx file and of binary XML.
package layout

// Tokens of binary XML ([MS-EVEN6] 2.2.12). Those with 0x40 added say that more of their kind follow.
const (
	TokenEnd         = 0x00
	TokenOpen        = 0x01 // <name
	TokenCloseStart  = 0x02 // >
	TokenCloseEmpty  = 0x03 // />
	TokenCloseElem   = 0x04 // </name>
	TokenValue       = 0x05
	TokenAttribute   = 0x06
	TokenCDATA       = 0x07
	TokenCharRef     = 0x08
	TokenEntityRef   = 0x09
	TokenPITarget    = 0x0a
	TokenPIData      = 0x0b
	TokenTemplate    = 0x0c
	TokenSub         = 0x0d
	TokenOptionalSub = 0x0e
	TokenHeader      = 0x0f
	TokenMore        = 0x40
)

// The layout of an .evtx: a header block of 4 KiB, then chunks of 64 KiB, each on its own: a header with two tables of
// offsets, then records of binary XML whose templates and names lie in the same chunk. Sources: [MS-EVEN6] for the binary
// XML, the libevtx documentation (Metz) for the file.
const (
	FileMagic   = "ElfFile\x00"
	ChunkMagic  = "ElfChnk\x00"
	RecordMagic = "**\x00\x00"
	HeaderBlock = 4096
	ChunkSize   = 64 << 10
	ChunkHeader = 512
	// RecordHeader is magic, length, record id, time written. The length stands again at the record's end.
	RecordHeader = 24
	MinRecord    = RecordHeader + 4
)
