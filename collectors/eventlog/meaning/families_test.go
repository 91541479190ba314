package meaning

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// TestEveryEventHasARecord holds the golden records to the mapping: one for each event that is known, under any of its provider's names.
func TestEveryEventHasARecord(t *testing.T) {
	f, err := form.Open(filepath.Join("..", "..", "..", "testdata", "decode", "eventlog", "windows.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type place struct {
		events uintptr
		id     uint32
	}
	seen := make(map[place]bool)
	if err := form.Each(f, func(r *form.Record) bool {
		known := Families[r.Provider].Events
		seen[place{reflect.ValueOf(known).Pointer(), r.EventID}] = true
		var m Mapper
		m.begin(r)
		if decode := known[r.EventID]; decode != nil && !decode(&m, r) {
			t.Errorf("the record %d of %s, id %d, is not what its id says", r.RecordID, r.Provider, r.EventID)
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	for _, provider := range slices.Sorted(maps.Keys(Families)) {
		known := Families[provider].Events
		for _, id := range slices.Sorted(maps.Keys(known)) {
			if !seen[place{reflect.ValueOf(known).Pointer(), id}] {
				t.Errorf("%s: %d has no record", provider, id)
			}
		}
	}
}
