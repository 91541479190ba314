package etw

import (
	"encoding/binary"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
)

// instance is one program that registered a provider, and a session that has it enabled.
type instance struct {
	session uint16
	level   uint8
	any     uint64
	off     bool
}

// guidInfo builds a TRACE_GUID_INFO.
func guidInfo(instances ...instance) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(instances)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	for i, x := range instances {
		next := uint32(48)
		if i == len(instances)-1 {
			next = 0
		}
		on := uint32(1)
		if x.off {
			on = 0
		}
		b = append(b, payload(next, uint32(1), uint32(500), uint32(0), on, x.level, uint8(0), x.session, uint32(0), uint32(0), x.any,
			uint64(0))...)
	}
	return b
}

// TestEnabledFor reads who has a provider enabled.
func TestEnabledFor(t *testing.T) {
	for what, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"nobody registered":  {guidInfo(), true},
		"another session":    {guidInfo(instance{4, 5, 0, false}), false},
		"ours, all":          {guidInfo(instance{4, 5, 0, false}, instance{3, 5, 0, false}), true},
		"ours, the keywords": {guidInfo(instance{3, 4, 0x70, false}), true},
		"ours, not all":      {guidInfo(instance{3, 4, 0x10, false}), false},
		"ours, too low":      {guidInfo(instance{3, 2, 0x70, false}), false},
		"ours, off":          {guidInfo(instance{3, 4, 0x70, true}), false},
	} {
		if got, err := enabledFor(c.b, 3, 4, 0x70); got != c.want || err != nil {
			t.Errorf("%s: %v %v", what, got, err)
		}
	}
	whole := guidInfo(instance{4, 5, 0, false}, instance{3, 5, 0, false})
	for n := range whole {
		if got, err := enabledFor(whole[:n], 3, 4, 0x70); got || err == nil {
			t.Errorf("cut at %d: %v %v", n, got, err)
		}
	}
}

// TestRequests holds what is asked of Windows to its bounds: each provider only what is mapped, with stacks for some of it.
func TestRequests(t *testing.T) {
	for _, tr := range meaning.Traces() {
		r := requestOf(tr)
		if r.guid.String() != tr.GUID || r.guid == (GUID{}) {
			t.Errorf("%s has the GUID %s", tr.Name, tr.GUID)
		}
		n := int(binary.LittleEndian.Uint16(r.ids[2:]))
		if r.ids[0] != 1 || n == 0 || n > maxFilterIDs || len(r.ids) != 4+2*n || n != len(tr.Events()) {
			t.Errorf("%s asks for % x", tr.Name, r.ids)
		}
		for _, id := range tr.Stacks {
			if !tr.Has(id) {
				t.Errorf("%s wants stacks with %d, which it does not ask for", tr.Name, id)
			}
		}
	}
}
