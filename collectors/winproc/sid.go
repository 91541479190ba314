package winproc

import (
	"encoding/binary"
	"strconv"
)

// A security identifier (MS-DTYP 2.4.2.2): revision, number of sub-authorities, authority in six bytes of network order, and
// sub-authorities of four bytes in little-endian order.
const (
	sidHeader   = 8
	sidRevision = 1
	maxSubs     = 15
)

// SIDText gives a security identifier as people write it, "S-1-5-18"; "" for what is none.
func SIDText(b []byte) string {
	if len(b) < sidHeader || b[0] != sidRevision || b[1] > maxSubs || len(b) < sidHeader+4*int(b[1]) {
		return ""
	}
	authority := uint64(binary.BigEndian.Uint16(b[2:]))<<32 | uint64(binary.BigEndian.Uint32(b[4:]))
	out := append(make([]byte, 0, 64), "S-1-"...)
	if authority < 1<<32 {
		out = strconv.AppendUint(out, authority, 10)
	} else {
		out = append(out, "0x"...)
		const digits = 12
		hex := strconv.FormatUint(authority, 16)
		for range digits - len(hex) {
			out = append(out, '0')
		}
		out = append(out, hex...)
	}
	for i := range int(b[1]) {
		out = append(out, '-')
		out = strconv.AppendUint(out, uint64(binary.LittleEndian.Uint32(b[sidHeader+4*i:])), 10)
	}
	return string(out)
}
