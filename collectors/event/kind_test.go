package event

import (
	"fmt"
	"testing"
)

// TestDescriptors holds the list of kinds together: numbers, names, shares and types of detail.
func TestDescriptors(t *testing.T) {
	var sum Shares
	names := make(map[string]bool)
	types := make(map[uint8]string)
	for i, d := range descriptors {
		if int(d.Kind) != i {
			t.Errorf("%s has the number %d and stands at place %d", d.Name, d.Kind, i)
		}
		if d.Name == "" || names[d.Name] {
			t.Errorf("kind %d is called %q, as another is or nothing", i, d.Name)
		}
		names[d.Name] = true
		for f, n := range d.Share {
			sum[f] += n
		}
		for _, of := range d.Details {
			made := of.New()
			name := fmt.Sprintf("%T", made)
			if of.Number == 0 || made.number() != of.Number || types[of.Number] != "" && types[of.Number] != name {
				t.Errorf("%s: %s has the number %d, which is that of %q", d.Name, name, of.Number, types[of.Number])
			}
			types[of.Number] = name
		}
	}
	if sum != (Shares{100, 100}) {
		t.Errorf("the kinds' shares are %v percent together", sum)
	}
	if len(types) != 27 {
		t.Errorf("%d types of detail belong to a kind: one is in no descriptor", len(types))
	}
}
