package wire

import (
	"encoding/binary"
	"hash/maphash"
)

// table finds where a text stands in a block. It holds places only: the texts are the block's.
type table struct {
	slots []uint32 // place + 1
	used  int
}

var seed = maphash.MakeSeed()

func (t *table) clear() {
	clear(t.slots)
	t.used = 0
}

// place gives where the block has a text. If it has not, the text is expected to be written at the end of it next.
func (t *table) place(block []byte, text string) (at int, known bool) {
	if t.used*2 >= len(t.slots) {
		t.grow(block)
	}
	mask := uint64(len(t.slots) - 1)
	for i := maphash.String(seed, text) & mask; ; i = (i + 1) & mask {
		slot := t.slots[i]
		if slot == 0 {
			t.slots[i] = uint32(len(block)) + 1
			t.used++
			return 0, false
		}
		if written(block, slot) == text {
			return int(slot - 1), true
		}
	}
}

func (t *table) grow(block []byte) {
	old := t.slots
	t.slots = make([]uint32, max(64, 2*len(old)))
	mask := uint64(len(t.slots) - 1)
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		i := maphash.String(seed, written(block, slot)) & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = slot
	}
}

// written gives the text of a slot.
func written(block []byte, slot uint32) string {
	size, bytes := binary.Uvarint(block[slot-1:])
	text, _ := literal(block, int(slot-1)+bytes, size>>1)
	return text
}
