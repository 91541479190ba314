package audit

import "testing"

// TestCategories: every call that the decoder makes more of than a plain one says what it is about.
func TestCategories(t *testing.T) {
	for name := range shapes {
		if c := newShape(name); c.api.Category == "other" {
			t.Errorf("%s is of category other", name)
		}
	}
}
